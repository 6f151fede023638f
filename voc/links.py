"""Addresses that leave the house in mails and on paper, and the secrets in them."""

import secrets

TOKEN_BYTES = 16


def new_token() -> str:
    """128 random bits, URL-safe, 22 characters: the token is the whole capability."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def survey_url(base_url: str, token: str) -> str:
    return f"{base_url}/s/{token}"


def opt_out_url(base_url: str, token: str) -> str:
    return f"{base_url}/u/{token}"
