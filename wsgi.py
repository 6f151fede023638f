"""Entry for WSGI servers: ``gunicorn wsgi:app``."""

from voc.app import create_app

app = create_app()
