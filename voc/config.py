"""Settings from the environment, read once. A bad value stops the start with a sentence that says which."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from voc.errors import ConfigError

ROOT = Path(__file__).resolve().parent.parent

#: name → (default shown in the docs, what it is). docs/settings.md is checked against this by a test.
VARIABLES: dict[str, tuple[str, str]] = {
    "VOC_DATABASE_URL": ("sqlite under VOC_INSTANCE_DIR", "sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME"),
    "VOC_SECRET_KEY": ("made once and kept in VOC_INSTANCE_DIR", "signs log-ins; 32 characters or more"),
    "VOC_BASE_URL": ("http://localhost:8000", "the address that customers reach, as it stands in mails"),
    "VOC_SMTP_URL": ("file:INSTANCE/outbox", "smtp://user:password@host:port, smtps://… or file:DIR"),
    "VOC_MAIL_FROM": ("voc@localhost", "sender address of the survey mails"),
    "VOC_INSTANCE_DIR": ("instance", "where database, outbox, uploads and own models are kept"),
    "VOC_READING_PROCESSES": (
        "one a processor, at most 4",
        "processes that read all answers again after a change of model; 1: the worker alone",
    ),
    "VOC_METRICS_TOKEN": ("none: loopback only", "bearer token with which /metrics may be read from elsewhere"),
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings, checked."""

    database_url: str
    secret_key: str
    base_url: str
    smtp_url: str
    mail_from: str
    instance_dir: Path
    metrics_token: str | None = None
    reading_processes: int | None = None
    testing: bool = False

    @property
    def https(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def uploads_dir(self) -> Path:
        return self.instance_dir / "uploads"


def from_environment(environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check the settings.

    Raises
    ------
    ConfigError
        When a value cannot be used; the message names the variable and a right example.
    """
    env = os.environ if environ is None else environ
    unknown = sorted(name for name in env if name.startswith("VOC_") and name not in VARIABLES)
    if unknown:
        raise ConfigError(f"{unknown[0]} という設定はありません。使えるのは {'、'.join(VARIABLES)} です。つづりを確かめてください。")
    instance = _directory(Path(env.get("VOC_INSTANCE_DIR") or ROOT / "instance"))
    return Settings(
        database_url=_database_url(env.get("VOC_DATABASE_URL"), instance),
        secret_key=_secret_key(env.get("VOC_SECRET_KEY"), instance),
        base_url=_base_url(env.get("VOC_BASE_URL") or "http://localhost:8000"),
        smtp_url=_smtp_url(env.get("VOC_SMTP_URL") or f"file:{instance / 'outbox'}"),
        mail_from=_mail_from(env.get("VOC_MAIL_FROM") or "voc@localhost"),
        instance_dir=instance,
        metrics_token=env.get("VOC_METRICS_TOKEN") or None,
        reading_processes=_processes(env.get("VOC_READING_PROCESSES")),
    )


def _processes(value: str | None) -> int | None:
    if not value:
        return None
    if not value.isdecimal() or not 1 <= int(value) <= 16:
        raise ConfigError(
            f"VOC_READING_PROCESSES={value} は使えません。1〜16の数にするか、指定をやめてください(プロセッサーの数に合わせます)。"
        )
    return int(value)


def _directory(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(f"VOC_INSTANCE_DIR={path} を使えません({error.strerror})。書き込めるフォルダーを指定してください。") from None
    return path.resolve()


def _database_url(value: str | None, instance: Path) -> str:
    if not value:
        return f"sqlite:///{instance / 'voc.sqlite3'}"
    scheme = value.split(":", 1)[0].split("+", 1)[0]
    if scheme in ("postgres", "postgresql"):
        return "postgresql+psycopg" + value[value.index("://") :] if "://" in value else _bad_database(value)
    if scheme == "sqlite" and value.startswith("sqlite:///") and ":memory:" not in value and len(value) > 10:
        return value
    return _bad_database(value)


def _bad_database(value: str) -> str:
    raise ConfigError(
        f"VOC_DATABASE_URL={value.rsplit('@', maxsplit=1)[-1]} は SQLite や PostgreSQL のアドレスではありません。"
        "例: sqlite:////var/lib/voc/voc.sqlite3、postgresql://user:password@host/name"
    )


def _secret_key(value: str | None, instance: Path) -> str:
    if value is not None and value != "":
        if len(value) < 32:
            raise ConfigError("VOC_SECRET_KEY が32文字より短いため使えません。openssl rand -hex 32 で作れます。")
        return value
    path = instance / "secret_key"
    if not path.exists():
        # Written whole to a name of its own first: two processes that start together agree on one key.
        draft = instance / f"secret_key.{secrets.token_hex(4)}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(32))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ConfigError(f"VOC_BASE_URL={value} はアドレスとして使えません。例: https://voc.example.co.jp")
    return value.rstrip("/")


def _smtp_url(value: str) -> str:
    if value.startswith("file:") and len(value) > 5:
        return value
    parts = urlsplit(value)
    try:
        port_ok = parts.port is None or parts.port > 0
    except ValueError:
        port_ok = False
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or not port_ok:
        raise ConfigError(
            "VOC_SMTP_URL を読み取れません。例: smtp://user:password@host:587、smtps://host:465、file:フォルダー。パスワードの記号は %40(@)のように書きます。"
        )
    return value


def _mail_from(value: str) -> str:
    if value.count("@") != 1 or value.startswith("@") or value.endswith("@") or any(c in value for c in "\r\n<> "):
        raise ConfigError(f"VOC_MAIL_FROM={value!r} はメールアドレスとして使えません。例: voice@example.co.jp")
    return value
