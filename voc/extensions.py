"""Libraries that hook into Flask, made here and bound in create_app."""

from flask_babel import Babel
from flask_security import Security, SQLAlchemySessionUserDatastore
from flask_wtf import CSRFProtect
from werkzeug.local import LocalProxy

from voc.accounts.tables import Role, User
from voc.web import session

babel = Babel()
csrf = CSRFProtect()
security = Security()
users = SQLAlchemySessionUserDatastore(LocalProxy(session), User, Role)
