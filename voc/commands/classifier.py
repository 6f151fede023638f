"""`voc classify` and `voc model`: reading a table without any database, and the classifier's versions."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from voc.config import Settings
    from voc.db import Database

FILE = click.Path(path_type=Path)
WAYS = ("subscription", "one_off")


def register(main: click.Group, open_database: Callable[[], "Database"], open_settings: Callable[[], "Settings"]) -> None:
    """Add the commands to ``main``."""
    _register_classify(main, open_database, open_settings)

    @main.group()
    def model() -> None:
        """The classifier's versions."""

    _register_making(model, open_settings)
    _register_using(model, open_database, open_settings)


def _register_classify(main: click.Group, open_database: Callable[[], "Database"], open_settings: Callable[[], "Settings"]) -> None:
    @main.command()
    @click.argument("source", metavar="IN", type=FILE)
    @click.option("-o", "--output", required=True, metavar="OUT", type=FILE, help="OUT.csv, OUT.tsv or OUT.xlsx.")
    @click.option("--text", metavar="COL", help="Column with the replies; found by its name where it has a usual one.")
    @click.option("--type", "bought", metavar="COL", help="Column that says how the customer bought (定期/通常).")
    @click.option(
        "--assume", "default_type", type=click.Choice(WAYS), default="subscription", show_default=True, help="Where no column says it."
    )
    @click.option("--encoding", default="utf-8-sig", show_default=True, metavar="CODEC", help="Of the output; cp932 on wish.")
    @click.option(
        "--own",
        is_flag=True,
        help="With this installation's model in use, and `auto` by what managers let it settle. Without: the shipped model, `auto` 0.",
    )
    @click.option("--processes", type=click.IntRange(1, 64), help="[default: one a processor]")
    def classify(source: Path, output: Path, own: bool, **options: Any) -> None:
        """Read the replies of a CSV or Excel file: reasons, alerts, confidence. Needs no database."""
        from voc.classifier import artefact, table
        from voc.progress import Progress

        model, automatic = _in_use(open_database(), open_settings()) if own else (artefact.shipped(), None)
        done = table.classify_table(source, output, model=model, automatic=automatic, progress=Progress().of("読み取り"), **options)
        assumed = "定期" if options["default_type"] == "subscription" else "通常"
        kind = f"購入方法の列「{done.type_column}」" if done.type_column else f"購入方法の列はなし: すべて{assumed}購入として"
        click.echo(
            f"{done.rows:,} 件を読み取りました(文章の列「{done.text_column}」、{kind})。健康被害の訴えの疑い {done.harms:,} 件。", err=True
        )
        if done.written.replaced:
            click.echo(f"{options['encoding']} にない文字は 〓 にしました: {''.join(sorted(done.written.replaced)[:20])}", err=True)
        if done.written.cut:
            click.echo(f"Excel のセルに入りきらない {done.written.cut} か所を 32,767 文字で切りました。", err=True)


def _in_use(db: "Database", settings: "Settings") -> tuple[Path, dict[str, float]]:
    """The model that reads here, and the confidence from which on each reason stands without a person."""
    from voc.errors import NotFound
    from voc.readings import automatic, models, queries

    with db.reading() as session:
        model = queries.in_use(session)
        folder = models.folders(settings).get(model.version) if model else None
        if model is None or folder is None:
            raise NotFound("使用中のモデルがありません。--own を外すか、python -m voc worker を動かしてから、もう一度実行してください。")
        return folder, automatic.thresholds(session, model.version)


def _register_making(model: click.Group, open_settings: Callable[[], "Settings"]) -> None:
    @model.command("train")
    @click.option("--corpus", "corpus_file", type=FILE, metavar="FILE", help="Compiled replies. [default: models/corpus/replies.jsonl]")
    @click.option("--decisions", type=FILE, metavar="FILE", help="Own decisions, as `voc export decisions` writes them.")
    @click.option("--version", metavar="NAME", help="[default: today's date]")
    @click.option(
        "--to", "home", type=FILE, metavar="DIR", help="Where the version's folder is made. [default: models of this installation]"
    )
    def train(corpus_file: Path | None, decisions: Path | None, version: str | None, home: Path | None) -> None:
        """Train on the corpus and, where given, on own decisions. It is put in use by `voc model use`."""
        from voc.classifier import artefact, own
        from voc.classifier.train import train_and_save
        from voc.progress import Progress

        home = home or open_settings().instance_dir / "models"
        examples = own.examples(decisions) if decisions else []
        folder = train_and_save(home, corpus_file=corpus_file, own=examples, version=version, progress=Progress())
        found = artefact.read_card(folder)["left_hands_out"]
        click.echo(
            f"{folder.name}: 書き手を除いた検証で 理由 {found['leaf']:.1%}、グループ {found['group']:.1%}、上位3つ {found['top3']:.1%}。"
        )
        click.echo(f"{folder} に置きました。使うには: python -m voc model use {folder.name}")

    @model.command("evaluate")
    @click.argument("version", required=False)
    @click.option("--write", is_flag=True, help="With baselines and learning curve into models/README.md (takes long).")
    def evaluate(version: str | None, write: bool) -> None:
        """How good a version is on the hands that nothing was trained on."""
        from voc.classifier import artefact, report
        from voc.progress import Progress

        folder = artefact.shipped() if version is None else _found_version(version, open_settings())
        if write:
            click.echo(f"{report.write(folder, progress=Progress())} に書きました。")
        else:
            click.echo(report.in_short(folder))


def _register_using(model: click.Group, open_database: Callable[[], "Database"], open_settings: Callable[[], "Settings"]) -> None:
    @model.command("list")
    def list_versions() -> None:
        """All versions, the one in use marked with *."""
        from voc.readings import models

        settings = open_settings()
        with open_database().transaction() as session:
            current = models.register(session, settings)
            for name, folder in models.folders(settings).items():
                held = models.read_card(folder).get("left_hands_out", {})
                mark = "*" if current is not None and current.version == name else " "
                click.echo(f"{mark} {name}\tleaf {held.get('leaf', '-')}\tgroup {held.get('group', '-')}\t{folder}")

    @model.command("use")
    @click.argument("version")
    def use(version: str) -> None:
        """Put VERSION in use; the worker then reads every answer again."""
        from voc.readings import models

        settings = open_settings()
        with open_database().transaction() as session:
            models.register(session, settings)
            models.use(session, version)
        click.echo(f"{version} を使います。ワーカーが声を読み直します。")


def _found_version(version: str, settings: "Settings") -> Path:
    from voc.errors import NotFound
    from voc.readings import models

    folder = models.folders(settings).get(version)
    if folder is None:
        raise NotFound(f"モデル {version} はありません。python -m voc model list で一覧を見られます。")
    return folder
