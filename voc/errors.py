"""Failures that a person can do something about. Each message is a sentence that says what to do."""


class VocError(Exception):
    """Base of all expected failures. ``str(error)`` is shown to the user as it is."""

    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ConfigError(VocError):
    """A setting is missing or unusable; the program does not start."""

    status = 500


class NotFound(VocError):
    """The thing asked for does not exist (any more)."""

    status = 404


class Refused(VocError):
    """The request is understood and cannot be carried out as it stands."""

    status = 422


class Conflict(VocError):
    """Somebody else changed the same thing first."""

    status = 409


class TemporaryFailure(VocError):
    """It failed now and may work later (database busy, mail server away): try again."""

    status = 503
