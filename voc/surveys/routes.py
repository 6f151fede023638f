"""Pages of this area: those of customers (public.py), and here those of the people who enter and look for answers."""

from voc.surveys.public import blueprint

__all__ = ["blueprint"]
