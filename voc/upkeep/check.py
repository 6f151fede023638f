"""What is wrong with this installation, in sentences that say what to do.

Each look is a function that gives findings; one that fails is itself a finding, so that a broken part hides no other.
"""

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc import migrate
from voc.accounts import company
from voc.accounts.tables import Role, User
from voc.audit import Event
from voc.campaigns.tables import Campaign
from voc.clock import now
from voc.config import Settings
from voc.db import Database
from voc.delivery import send
from voc.delivery.tables import Message
from voc.errors import VocError
from voc.jobs import Job
from voc.readings import models, queries

PROBLEM, NOTICE = "problem", "notice"

FEW_BYTES, VERY_FEW_BYTES = 2 << 30, 200 << 20
WORKER_LATE = timedelta(minutes=15)
MAIL_LATE = timedelta(hours=1)
RECENT = timedelta(days=7)
CLOCK_OFF = timedelta(minutes=2)
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong (``problem``) or worth knowing (``notice``)."""

    level: str
    sentence: str


Look = Callable[[Database, Settings], Iterator[Finding]]


def check(db: Database, settings: Settings) -> list[Finding]:
    """All findings; empty when all is well. Nothing is changed, no mail is sent."""
    found: list[Finding] = []
    for look in (*_OUTSIDE, *(_INSIDE if _answers(db) else (_database_away,))):
        try:
            found += look(db, settings)
        except VocError as error:
            found.append(_problem(error.message))
        except (OSError, sa.exc.SQLAlchemyError) as error:
            found.append(_problem(f"{look.__name__.strip('_')} を調べられません({type(error).__name__}: {error})。"))
    return sorted(found, key=lambda finding: finding.level != PROBLEM)


def _problem(sentence: str) -> Finding:
    return Finding(PROBLEM, sentence)


def _notice(sentence: str) -> Finding:
    return Finding(NOTICE, sentence)


# -- outside the database ---------------------------------------------------------------------------------------------------


def _secrets(db: Database, settings: Settings) -> Iterator[Finding]:
    """Files that only the program's own account may read."""
    private = [settings.instance_dir / name for name in ("secret_key", "first_login.json")]
    if db.is_sqlite and db.url.database:
        private.append(Path(db.url.database))
    for path in private:
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077 and _can_be_reached(path):
            yield _problem(f"{path} をほかの利用者も読めます。chmod 600 {path} を実行してください。")


def _can_be_reached(path: Path) -> bool:
    """Whether the folder lets others through to it."""
    return bool(stat.S_IMODE(path.parent.stat().st_mode) & 0o011)


def _disk(db: Database, settings: Settings) -> Iterator[Finding]:
    folders = {settings.instance_dir}
    if db.is_sqlite and db.url.database:
        folders.add(Path(db.url.database).parent)
    for folder in folders:
        free = shutil.disk_usage(folder).free
        if free < VERY_FEW_BYTES:
            yield _problem(
                f"{folder} の空き容量が {free >> 20:,} MB しかありません。まもなく保存できなくなります。空き容量を作ってください。"
            )
        elif free < FEW_BYTES:
            yield _notice(f"{folder} の空き容量が {free / (1 << 30):.1f} GB です。早めに空き容量を作ってください。")
        if not os.access(folder, os.W_OK):
            yield _problem(f"{folder} に書き込めません。フォルダーの所有者と権限を確かめてください。")


def _addresses(db: Database, settings: Settings) -> Iterator[Finding]:
    """What stands in mails must be reachable by customers."""
    host = urlsplit(settings.base_url).hostname or ""
    mails_leave = not settings.smtp_url.startswith("file:")
    if host in _LOCAL_HOSTS:
        sentence = "VOC_BASE_URL がこの機械を指しているため、お客様はメールのリンクを開けません。公開するアドレスを設定してください。"
        yield _problem(sentence) if mails_leave else _notice(sentence)
    elif not settings.https:
        yield _problem("VOC_BASE_URL が https:// で始まっていません。ワンクリックの配信停止(RFC 8058)には HTTPS が必要です。")
    if settings.mail_from == "voc@localhost":
        sentence = "VOC_MAIL_FROM が初期値のままです。自社のドメインの送信元アドレスを設定してください。"
        yield _problem(sentence) if mails_leave else _notice(sentence)


def _mail(db: Database, settings: Settings) -> Iterator[Finding]:
    """Whether a mail could leave now."""
    if settings.smtp_url.startswith("file:"):
        folder = Path(settings.smtp_url.removeprefix("file:"))
        yield _notice(f"メールは送信されず、{folder} に .eml ファイルとして保存されます。送るときは VOC_SMTP_URL を設定してください。")
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            return
    try:
        send.Smtp(settings.smtp_url, timeout=10).try_connection(settings.mail_from)
    except send.Failure as failure:
        yield _problem(str(failure))


# -- inside -------------------------------------------------------------------------------------------------------------------


def _answers(db: Database) -> bool:
    try:
        with db.reading() as session:
            session.execute(sa.text("SELECT 1"))
        return migrate.is_current(db)
    except sa.exc.SQLAlchemyError:
        return False


def _database_away(db: Database, settings: Settings) -> Iterator[Finding]:
    try:
        with db.reading() as session:
            session.execute(sa.text("SELECT 1"))
    except sa.exc.SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        yield _problem(f"データベースに接続できません({reason})。VOC_DATABASE_URL とデータベースの状態を確かめてください。")
        return
    yield _problem("データベースが最新の形ではありません。python -m voc migrate を実行してください。")


def _integrity(db: Database, settings: Settings) -> Iterator[Finding]:
    if not db.is_sqlite:
        return
    with db.reading() as session:
        told = session.scalar(sa.text("PRAGMA quick_check(1)"))
        if told != "ok":
            yield _problem(f"データベースのファイルが壊れています({told})。止めてから、最新の控えを restore してください。")
        orphan = session.execute(sa.text("PRAGMA foreign_key_check")).first()
        if orphan is not None:
            yield _problem(f"{orphan[0]} に、もとの行がない行があります。最新の控えを restore してください。")


def _clock(db: Database, settings: Settings) -> Iterator[Finding]:
    with db.reading() as session:
        if db.is_sqlite:
            latest = session.scalar(sa.select(sa.func.max(Event.at, type_=Event.at.type)))
            if latest is not None and latest > now() + CLOCK_OFF:
                yield _problem(
                    f"時計が戻っています。最後の記録は {latest:%Y-%m-%d %H:%M} UTC です。この機械の時刻合わせ(NTP)を確かめてください。"
                )
            return
        there = session.scalar(sa.select(sa.func.now()))
        if isinstance(there, datetime) and abs(there.astimezone(UTC) - datetime.now(UTC)) > CLOCK_OFF:
            yield _problem("この機械とデータベースの時計が2分以上ずれています。両方の時刻合わせ(NTP)を確かめてください。")


def _people(db: Database, settings: Settings) -> Iterator[Finding]:
    with db.reading() as session:
        admins = session.scalar(sa.select(sa.func.count()).select_from(User).join(User.roles).where(User.active, Role.name == "admin"))
        if not admins:
            yield _problem("管理者がいません。python -m voc user add メールアドレス --role admin で登録してください。")
        told = company.read(session)
        asking = session.scalar(sa.select(Campaign.id).where(Campaign.status == "active", Campaign.channel == "mail").limit(1))
        if asking is not None and not told.names_itself:
            yield _problem(
                "会社の名前・住所・問い合わせ先のどれかが未設定のままメールの配信が動いています(特定電子メール法)。画面の「設定」で入れてください。"
            )


def _model(db: Database, settings: Settings) -> Iterator[Finding]:
    """The classifier's files are there and as they were when they were made."""
    with db.reading() as session:
        model = queries.in_use(session)
        if model is not None:
            session.expunge(model)
    if model is None:
        if not models.folders(settings):
            yield _problem("分類のモデルがありません。models/ フォルダーを入れ直してください。")
        return
    try:
        models.reader_for(model, settings)
    except VocError as error:
        yield _problem(error.message)


def _jobs(db: Database, settings: Settings) -> Iterator[Finding]:
    moment = now()
    with db.reading() as session:
        late = _count(session, Job.status == "queued", Job.run_at < moment - WORKER_LATE)
        if late:
            yield _problem(
                f"順番を待つ仕事が {late:,} 件、15分以上進んでいません。ワーカー(python -m voc worker)が動いているか確かめてください。"
            )
        lost = _count(session, Job.status == "running", Job.lease_until < moment - WORKER_LATE)
        if lost:
            yield _problem(f"途中で止まった仕事が {lost:,} 件、引き継がれていません。ワーカー(python -m voc worker)を動かしてください。")
        failed = _count(session, Job.status == "failed", Job.finished_at > moment - RECENT)
        if failed:
            last = session.execute(
                sa.select(Job.name, Job.error).where(Job.status == "failed").order_by(Job.finished_at.desc()).limit(1)
            ).one()
            yield _problem(
                f"この7日間に失敗した仕事が {failed:,} 件あります。最後のもの: {last.name}({_short(last.error)})。画面の「設定」→「仕事」で確かめてください。"
            )


def _messages(db: Database, settings: Settings) -> Iterator[Finding]:
    moment = now()
    with db.reading() as session:
        failed = session.scalar(
            sa.select(sa.func.count()).select_from(Message).where(Message.status == "failed", Message.created_at > moment - RECENT)
        )
        if failed:
            yield _notice(f"この7日間に送れなかったメールが {failed:,} 通あります。「配信」→「送信の記録」で訳を確かめてください。")
        waiting = (Message.status == "queued", Message.attempts > 0, Message.created_at < moment - MAIL_LATE)
        stuck = session.execute(sa.select(sa.func.count(), sa.func.max(Message.error)).where(*waiting)).one()
        if stuck[0]:
            yield _problem(f"メールが {stuck[0]:,} 通、1時間以上送れずにいます({_short(stuck[1])})。")


def _count(session: Session, *where: sa.ColumnElement[bool]) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(Job).where(*where)) or 0


def _short(text: str | None) -> str:
    return (text or "理由の記録なし").splitlines()[0][:120]


_OUTSIDE: tuple[Look, ...] = (_secrets, _disk, _addresses, _mail)
_INSIDE: tuple[Look, ...] = (_integrity, _clock, _people, _model, _jobs, _messages)
