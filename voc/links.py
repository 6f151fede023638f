"""Addresses that leave the house in mails and on paper, and the secrets in them."""

import re
import secrets

TOKEN_BYTES = 16
_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,32}")


def new_token() -> str:
    """128 random bits, URL-safe, 22 characters: the token is the whole capability."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def is_token(text: str) -> bool:
    """Whether this can be a token at all; what comes in an address may hold what a database refuses."""
    return _TOKEN.fullmatch(text) is not None


def survey_url(base_url: str, token: str) -> str:
    return f"{base_url}/s/{token}"


def opt_out_url(base_url: str, token: str) -> str:
    return f"{base_url}/u/{token}"
