"""What the outbox's codes are called on screen."""

from flask_babel import lazy_gettext as _l

STATUSES = {
    "queued": _l("送信待ち"),
    "sending": _l("送信中"),
    "sent": _l("送信済み"),
    "failed": _l("送れなかった"),
    "suppressed": _l("送らない"),
}
