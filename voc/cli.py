"""The command line. Each command is a thin call into a service; heavy imports stay inside the commands, so that help is quick."""

import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from voc.commands import classifier, reports
from voc.errors import VocError

if TYPE_CHECKING:
    from flask import Flask

    from voc.config import Settings
    from voc.db import Database


class Commands(click.Group):
    """Expected failures become one sentence on stderr and exit status 2."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except VocError as error:
            click.echo(f"voc: {error.message}", err=True)
            sys.exit(2)
        except KeyboardInterrupt:
            click.echo("voc: 中断しました。", err=True)
            sys.exit(130)


@click.group(cls=Commands)
def main() -> None:
    """voc: why customers stopped buying. Settings come from VOC_… variables (docs/settings.md)."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def open_settings() -> "Settings":
    from voc import config

    return config.from_environment()


def open_database(*, migrated: bool = True) -> "Database":
    """The database of this installation; refuses one whose schema is old, with the command that mends it."""
    from voc import migrate
    from voc.db import Database

    db = Database(open_settings().database_url)
    _dispose_at_the_end(db)
    if migrated and not migrate.is_current(db):
        raise VocError("データベースが最新の形ではありません。先に python -m voc migrate を実行してください。")
    return db


def open_app() -> "Flask":
    from voc.app import create_app

    app = create_app(open_settings())
    _dispose_at_the_end(app.extensions["voc_db"])
    return app


def _dispose_at_the_end(db: "Database") -> None:
    """Connections are closed when the command is over."""
    context = click.get_current_context(silent=True)
    if context is not None:
        context.call_on_close(db.dispose)


@main.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    from voc import migrate as migrations

    db = open_database(migrated=False)
    migrations.upgrade(db)
    click.echo(f"schema {migrations.newest()}")


@main.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--processes", default=2, show_default=True, type=click.IntRange(1, 64))
@click.option("--threads", default=16, show_default=True, type=click.IntRange(1, 64))
def serve(port: int, host: str, processes: int, threads: int) -> None:
    """Run the site."""
    from voc.server import run

    open_database().dispose()
    run(open_settings(), host=host, port=port, processes=processes, threads=threads)


@main.command()
@click.option("--until-idle", is_flag=True, help="End with 0 when nothing is due.")
def worker(until_idle: bool) -> None:
    """Run the background worker."""
    from voc.worker import Worker

    settings = open_settings()
    runner = Worker(open_database(), settings)
    runner.stop_on_signals()
    runner.run(until_idle=until_idle)


@main.command("run")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
def run_all(port: int) -> None:
    """Everything on one machine: migrate, sample data when empty, worker and site (what `make run` calls)."""
    from voc.local import run

    sys.exit(run(open_settings(), port=port))


@main.command("import")
@click.argument("kind", type=click.Choice(["orders", "customers", "subscriptions", "replies"]))
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--shop", metavar="NAME", help="The shop that the files come from; found out where there is only one that fits.")
@click.option("--dry-run", is_flag=True, help="Do everything, tell the outcome, keep nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one object on standard output.")
def import_files(kind: str, files: tuple[str, ...], shop: str | None, dry_run: bool, as_json: bool) -> None:
    """Take in files of a shop (CSV, TSV, Excel). Each file is taken whole or not at all; the same file again doubles nothing."""
    from voc.commands.importing import take_in

    paths = [existing_file(name) for name in files]
    outcome = take_in(open_database(), kind, paths, shop=shop, dry_run=dry_run, quiet=as_json)
    if as_json:
        print_json(outcome.as_json())
    sys.exit(2 if outcome.refused else 0)


@main.group()
def user() -> None:
    """People who may log in."""


@user.command("add")
@click.argument("email")
@click.option("--role", type=click.Choice(["staff", "manager", "admin"]), required=True)
@click.option("--name", default="")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def user_add(email: str, role: str, name: str, password_stdin: bool) -> None:
    """Make an account."""
    from voc.accounts import service

    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("パスワード", hide_input=True, confirmation_prompt=True)
    db = open_database()
    with open_app().app_context(), db.transaction() as session:
        service.add_user(session, email, role=role, password=password, name=name)
    click.echo(f"{email} を {role} として登録しました。")


@main.command()
def send() -> None:
    """Make the invitations that are due now and queue their mails; the worker sends them."""
    from voc.delivery.inviting import invite_due

    settings, db = open_settings(), open_database()
    made = invite_due(db, settings)
    if not made:
        click.echo("動いている配信がありません。python -m voc campaign add … --activate で始められます。")
    for one in made:
        held = f"、比較のため送らない {one.held_out} 人" if one.held_out else ""
        again = f"、再度のお願い {one.reminders} 通" if one.reminders else ""
        click.echo(f"{one.name}: 依頼 {one.invitations} 件、送信待ちのメール {one.mails} 通{held}{again}")


@main.group()
def campaign() -> None:
    """Who is asked, when, by which way."""


@campaign.command("add")
@click.argument("name")
@click.option(
    "--type", "purchase_type", type=click.Choice(["subscription", "one_off"]), required=True, help="Cancelled, or not bought again."
)
@click.option("--days", required=True, type=int, help="Days to wait after the cancellation, or after the goods have run out.")
@click.option("--window", default=14, show_default=True, type=int, help="Not asked: who has been due for so many days or longer.")
@click.option("--channel", default="mail", show_default=True, type=click.Choice(["mail", "paper", "line", "sms", "phone"]))
@click.option("--product", "products", multiple=True, metavar="CODE", help="Only this product (by its code in the shop); may be repeated.")
@click.option("--daily-limit", type=int, help="At most so many invitations a day.")
@click.option(
    "--holdout", "holdout_percent", default=0, show_default=True, type=int, help="Percent drawn by lot who are not asked, to compare with."
)
@click.option("--open-days", default=30, show_default=True, type=int, help="Days for which the survey takes answers.")
@click.option("--remind", type=int, help="So many days after the mail, one reminder to who has not answered.  [default: none]")
@click.option("--activate", is_flag=True, help="Start it at once.")
def campaign_add(
    *, days: int, window: int, daily_limit: int | None, remind: int | None, products: tuple[str, ...], activate: bool, **values: Any
) -> None:
    """Make a campaign NAME. Without --activate it stays a draft."""
    from voc.campaigns import queries, service
    from voc.campaigns.rules import Rule

    with open_database().transaction() as session:
        ids = queries.product_ids(session, products)
        rule = Rule(wait_days=days, window_days=window, product_ids=ids, daily_limit=daily_limit, remind_days=remind)
        made = service.create(session, rule=rule, **values)
        if activate:
            service.activate(session, made)
        click.echo(f"配信「{made.name}」を{'始めました' if activate else '保存しました'}。")


@campaign.command("list")
def campaign_list() -> None:
    """All campaigns with asked, shown and answered, one a line."""
    from voc.campaigns import queries

    with open_database().reading() as session:
        standings = queries.standings(session)
        for one in queries.campaigns(session):
            stand = standings.get(one.id, queries.NOBODY)
            click.echo(f"{one.status}\t{one.name}\tasked {stand.asked}\tshown {stand.shown}\tanswered {stand.answered}")


@main.command()
@click.option("--limit", type=click.IntRange(1), help="At most so many.")
def links(limit: int | None) -> None:
    """Open survey addresses, one a line."""
    from voc.campaigns import queries
    from voc.links import survey_url

    settings = open_settings()
    with open_database().reading() as session:
        for token in queries.open_tokens(session, limit=limit):
            click.echo(survey_url(settings.base_url, token))


@main.command()
@click.option("--customers", type=click.IntRange(1, 2_000_000), help="[default: 1500, more for very many replies]")
@click.option("--replies", default=400, show_default=True, type=click.IntRange(0, 10_000_000))
@click.option("--open-links", default=30, show_default=True, type=click.IntRange(0, 2_000_000), help="At least so many surveys wait.")
@click.option("--seed", default=2026, show_default=True, type=int)
def sample(customers: int | None, replies: int, open_links: int, seed: int) -> None:
    """Fill the database with a made-up company, at any size (docs/sample.md)."""
    from voc.progress import Progress
    from voc.sample.build import Size, fill, fitting_customers

    size = Size(customers=customers or fitting_customers(replies), replies=replies, open_links=open_links, seed=seed)
    made = fill(open_database(), open_settings(), size, Progress())
    click.echo(f"お客様 {made.customers:,} 人、お客様の声 {made.replies:,} 件、回答できるリンク {made.open_links:,} 件を入れました。")
    if not made.read:
        click.echo("分類のモデルがないため、声はまだ読み取られていません。モデルが入れば、ワーカーが読み取ります。")


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """Write a consistent copy of everything to FILE, while running."""
    from voc.progress import Progress
    from voc.upkeep import backup as upkeep

    kept = upkeep.backup(open_database(), open_settings(), file, Progress().of("控え"))
    click.echo(f"{file} に {kept.rows:,} 行と {len(kept.files)} 個のファイルを控えました({file.stat().st_size / 1e6:.1f} MB)。")


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--keep-queue", is_flag=True, help="Leave waiting mails waiting: for a move to another host. Without it they are held back.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore(file: Path, keep_queue: bool, yes: bool) -> None:
    """Make everything as it was in FILE. What is there now is backed up first, then replaced. Stop site and worker before."""
    from voc.progress import Progress
    from voc.upkeep import backup as upkeep

    if not yes and sys.stdin.isatty():
        click.confirm("いまのデータを、控えの内容で置き換えます。続けますか", abort=True)
    done = upkeep.restore(open_database(migrated=False), open_settings(), file, Progress().of("復元"), keep_queue=keep_queue)
    click.echo(f"{done.manifest.created_at} の控えから {done.manifest.rows:,} 行を戻しました。")
    if done.before is not None:
        click.echo(f"置き換える前のデータは {done.before} にあります。")
    if done.held_mails:
        click.echo(
            f"控えの時点で送信待ちだったメール {done.held_mails:,} 通は、二重に届かないよう止めました。「配信」→「送信の記録」で確かめて再送してください。"
        )


@main.command()
@click.option("--json", "as_json", is_flag=True)
def check(as_json: bool) -> None:
    """Say what is wrong with this installation. Ends with 1 if anything is."""
    from voc.upkeep.check import PROBLEM
    from voc.upkeep.check import check as look

    found = look(open_database(migrated=False), open_settings())
    problems = [finding for finding in found if finding.level == PROBLEM]
    if as_json:
        print_json({"ok": not problems, "findings": [{"level": finding.level, "sentence": finding.sentence} for finding in found]})
    else:
        for finding in found:
            click.echo(f"{'問題' if finding.level == PROBLEM else '注意'}  {finding.sentence}")
        if not problems:
            click.echo("問題はありません。")
    sys.exit(1 if problems else 0)


def print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, default=str))


def existing_file(path: str) -> Path:
    found = Path(path)
    if not found.is_file():
        raise VocError(f"{path} が見つかりません。ファイルの名前と場所を確かめてください。")
    return found


reports.register(main, open_database, print_json)
classifier.register(main, open_database, open_settings)
