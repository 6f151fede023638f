"""Bearer tokens for other programs: made by an administrator, shown once, kept as a hash, read-only."""

import hashlib
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from voc import audit
from voc.accounts.tables import CompanySetting
from voc.clock import now
from voc.errors import NotFound, Refused

KEY = "api_tokens"
PREFIX = "voc_"
MAX_TOKENS = 20


@dataclass(frozen=True, kw_only=True)
class Token:
    """One program that may read."""

    id: str
    name: str
    sha256: str
    created_at: str
    created_by: str

    @property
    def made(self) -> datetime:
        return datetime.fromisoformat(self.created_at)


def tokens(session: Session) -> list[Token]:
    row = session.get(CompanySetting, KEY)
    return [] if row is None else [Token(**stored) for stored in row.value]


def make(session: Session, name: str, *, by: int | None, by_name: str) -> str:
    """A new token. This is the only time that it can be read."""
    there = tokens(session)
    name = name.strip()
    if not name or len(name) > 60:
        raise Refused("何に使うかを60文字以内で入れてください。例: 社内ダッシュボード")
    if any(token.name == name for token in there):
        raise Refused(f"「{name}」はもうあります。別の名前にするか、前のものを取り消してください。")
    if len(there) >= MAX_TOKENS:
        raise Refused(f"トークンは{MAX_TOKENS}個までです。使っていないものを取り消してください。")
    secret = PREFIX + secrets.token_urlsafe(32)
    made = Token(
        id=secrets.token_hex(4), name=name, sha256=_hash(secret), created_at=now().isoformat(timespec="seconds"), created_by=by_name
    )
    _keep(session, [*there, made])
    audit.record(session, "api_token.made", user_id=by, name=name, id=made.id)
    return secret


def revoke(session: Session, token_id: str, *, by: int) -> Token:
    there = tokens(session)
    gone = next((token for token in there if token.id == token_id), None)
    if gone is None:
        raise NotFound("このトークンはもう取り消されています。")
    _keep(session, [token for token in there if token is not gone])
    audit.record(session, "api_token.revoked", user_id=by, name=gone.name, id=gone.id)
    return gone


def holds(session: Session, secret: str) -> bool:
    """Whether ``secret`` is one of the tokens. 256 random bits need no slow hash."""
    wanted = _hash(secret)
    return secret.startswith(PREFIX) and any(secrets.compare_digest(token.sha256, wanted) for token in tokens(session))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _keep(session: Session, kept: list[Token]) -> None:
    row = session.get(CompanySetting, KEY, with_for_update=True)
    value = [asdict(token) for token in kept]
    if row is None:
        session.add(CompanySetting(key=KEY, value=value))
    else:
        row.value, row.updated_at = value, now()
    session.flush()
