"""`voc report` and `voc export`: the numbers and files of the screens, by command."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from voc.errors import NotFound

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from voc.db import Database
    from voc.replies.selection import Selection

DAY = click.DateTime(["%Y-%m-%d"])
CUTS = ("month", "product", "cohort", "purchase_type", "channel", "campaign", "stated")
WAYS = ("mail", "paper", "line", "sms", "phone", "import", "web")


def _selecting(command: Callable[..., None]) -> Callable[..., None]:
    """The options that both commands share."""
    for option in (
        click.option("--from", "start", type=DAY, help="First day of the answers (Japan)."),
        click.option("--to", "end", type=DAY, help="Last day, included."),
        click.option("--type", "purchase_type", type=click.Choice(["one_off", "subscription"])),
        click.option("--product", "product_id", type=int, help="A product's id."),
        click.option("--campaign", "campaign_id", type=int, help="A campaign's id."),
        click.option("--channel", "way", type=click.Choice(WAYS)),
        click.option("--weight", type=click.Choice(["asked", "left"]), help="Shares of all who were asked, or of all who left."),
    ):
        command = option(command)
    return command


def _selection(start: datetime | None, end: datetime | None, **values: Any) -> "Selection":
    from voc.replies.selection import Selection

    return Selection(start=start.date() if start else None, end=end.date() if end else None, **values)


def _check_known(session: "Session", *, product_id: int | None, campaign_id: int | None, **_others: Any) -> None:
    """A report about nothing looks like one about nobody: a number that was mistyped is refused."""
    from voc.replies import queries

    if product_id is not None and product_id not in queries.products(session):
        raise NotFound(
            f"商品 {product_id} はありません。番号は python -m voc report breakdown --by product --json の key で確かめられます。"
        )
    if campaign_id is not None and campaign_id not in queries.campaigns(session):
        raise NotFound(
            f"配信 {campaign_id} はありません。番号は python -m voc report breakdown --by campaign --json の key で確かめられます。"
        )


def register(main: click.Group, open_database: Callable[[], "Database"], print_json: Callable[[object], None]) -> None:
    """Add the commands to ``main``."""

    @main.group()
    def report() -> None:
        """What the answers say."""

    @report.command("breakdown")
    @click.option("--by", type=click.Choice(CUTS), help="Also for each month, product, ….")
    @click.option("--json", "as_json", is_flag=True)
    @_selecting
    def breakdown(by: str | None, as_json: bool, **chosen: Any) -> None:
        """Reasons with counted share, corrected share and its interval."""
        from voc.insights import plain
        from voc.insights import report as reports

        with open_database().reading() as session:
            _check_known(session, **chosen)
            found = reports.make(session, _selection(**chosen), by=by)
        if as_json:
            print_json(reports.as_json(found))
        else:
            click.echo("\n".join(plain.lines(found)))

    @main.command()
    @click.argument("kind", type=click.Choice(["replies", "breakdown", "decisions", "agreement"]))
    @click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="FILE.csv or FILE.xlsx")
    @click.option("--encoding", type=click.Choice(["utf-8", "utf-8-sig", "cp932"]), default="utf-8", show_default=True, help="Of a CSV; UTF-8 has a BOM.")  # fmt: skip
    @click.option("--unmasked", is_flag=True, help="Customers' words as written, with personal data in them.")
    @_selecting
    def export(kind: str, output: Path, encoding: str, unmasked: bool, **chosen: Any) -> None:
        """Write replies, breakdown or decisions, with a manifest."""
        from voc.exports import service

        db = open_database()
        order = service.Order(
            kind=kind, format=output.suffix.lower().lstrip(".") or "csv", selection=_selection(**chosen), unmasked=unmasked,
            encoding="cp932" if encoding == "cp932" else "utf-8-sig", by="コマンド",
        )  # fmt: skip
        with db.reading() as session:
            _check_known(session, **chosen)
            manifest = service.to_path(session, order, output)
        with db.transaction() as session:
            service.record(session, manifest)
        click.echo(f"{output} に {manifest.rows:,} 行を書き出しました。")
        for sentence in manifest.losses():
            click.echo(f"voc: {sentence}", err=True)
