"""`voc classify` and `voc model`: reading a table without any database, and the classifier's versions."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from voc.config import Settings
    from voc.db import Database
    from voc.readings.tables import ModelVersion

FILE = click.Path(path_type=Path)
WAYS = ("subscription", "one_off")


def register(main: click.Group, open_database: Callable[[], "Database"], open_settings: Callable[[], "Settings"]) -> None:
    """Add the commands to ``main``."""
    _register_classify(main, open_database, open_settings)

    @main.group()
    def model() -> None:
        """The classifier's versions."""

    _register_making(model, open_database, open_settings)
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


def _register_making(model: click.Group, open_database: Callable[[], "Database"], open_settings: Callable[[], "Settings"]) -> None:
    @model.command("train")
    @click.option("--corpus", "corpus_file", type=FILE, metavar="FILE", help="Compiled replies. [default: models/corpus/replies.jsonl]")
    @click.option("--decisions", type=FILE, metavar="FILE", help="Decisions from a file, as `voc export decisions` writes them.")
    @click.option("--corpus-only", is_flag=True, help="Without own decisions.")
    @click.option("--version", metavar="NAME", help="[default: own-DATE; corpus-DATE without own decisions]")
    @click.option(
        "--to", "home", type=FILE, metavar="DIR", help="Where the version's folder is made. [default: models of this installation]"
    )
    def train(corpus_file: Path | None, decisions: Path | None, corpus_only: bool, version: str | None, home: Path | None) -> None:
        """Train on the corpus and on this installation's decisions, as the page does, and compare with the model in use.

        With --corpus, --decisions, --corpus-only or --to no database is asked and nothing is compared.
        It is put in use by `voc model use`.
        """
        apart = corpus_only or any(option is not None for option in (corpus_file, decisions, home))
        if apart or not _train_on_own(open_database, open_settings(), version):
            _train_apart(corpus_file, decisions, home or open_settings().instance_dir / "models", version)

    @model.command("evaluate")
    @click.argument("version", required=False)
    @click.option("--write", is_flag=True, help="With baselines and learning curve into models/README.md (takes long).")
    def evaluate(version: str | None, write: bool) -> None:
        """How good a version is on the hands that nothing was trained on, and on own decisions where it was compared."""
        from voc.classifier import artefact, report
        from voc.progress import Progress

        folder = artefact.shipped() if version is None else _found_version(version, open_settings())
        if write:
            click.echo(f"{report.write(folder, progress=Progress())} に書きました。")
            return
        click.echo(report.in_short(folder))
        for line in _compared(artefact.read_card(folder).get("compared")):
            click.echo(line)


def _train_on_own(open_database: Callable[[], "Database"], settings: "Settings", version: str | None) -> bool:
    """Train as the page does; ``False`` where there is too little to learn from."""
    from voc.classifier import artefact
    from voc.errors import VocError
    from voc.learning import decisions, training
    from voc.progress import Progress
    from voc.readings import models

    try:
        db = open_database()
    except VocError as error:
        click.echo(f"{error.message} 自社の決定なしで、文例だけから学習します。", err=True)
        return False
    with db.reading() as session:
        decided = decisions.standing(session).decided
    if decided < training.LEAST:
        click.echo(f"学習に使える決定が {decided} 件です({training.LEAST} 件から)。文例だけから学習します。", err=True)
        return False
    name = training.train(db, settings, version=version, progress=Progress().of("学習"))
    folder = models.folders(settings)[name]
    card = artefact.read_card(folder)
    click.echo(f"{name}: 回答 {card['trained_on']['replies']:,} 件(うち自社の決定 {card['trained_on']['own']:,} 件)で学習しました。")
    for line in _compared(card["compared"]):
        click.echo(line)
    click.echo(f"{folder} に置きました。使うには: python -m voc model use {name}")
    return True


def _train_apart(corpus_file: Path | None, decisions: Path | None, home: Path, version: str | None) -> None:
    from voc.classifier import artefact, own
    from voc.classifier.train import train_and_save
    from voc.clock import today
    from voc.progress import Progress

    examples = own.examples(decisions) if decisions else []
    name = version or f"{'own' if examples else 'corpus'}-{today().isoformat()}"
    folder = train_and_save(home, corpus_file=corpus_file, own=examples, version=name, progress=Progress())
    found = artefact.read_card(folder)["left_hands_out"]
    click.echo(
        f"{folder.name}: 書き手を除いた検証で 理由 {found['leaf']:.1%}、グループ {found['group']:.1%}、上位3つ {found['top3']:.1%}。"
    )
    click.echo(f"{folder} に置きました。使うには: python -m voc model use {folder.name}")


VERDICTS = {
    "better": "比べたモデルより正確です。",
    "unclear": "良くなったとは言えません。差は偶然の幅の中です。",
    "worse": "比べたモデルより悪くなりました。使うことは勧めません。",
    "few": "良くなったかどうかは、まだ言えません。無作為に選んだ回答の確認が足りません。",
}


def _compared(compared: dict[str, Any] | None) -> list[str]:
    """The comparison that stands in a card, as the page tells it."""
    if not compared:
        return []
    lines = [f"{compared['with']} と比べて(無作為に選んで確認した {compared['drawn']:,} 件): {VERDICTS[compared['verdict']]}"]
    for name, one in (("理由", compared["leaf"]), ("グループ", compared["group"])):
        if one["n"]:
            shares = f"{one['before']:.1%} → {one['after']:.1%}"
            lines.append(f"  {name} {shares} (差 {one['gain']:+.1%}、95% の幅 {one['low']:+.1%}〜{one['high']:+.1%}、p {one['p']:.3f})")
    harm = compared["harm"]
    lines.append(f"  健康被害の訴え {harm['n']:,} 件のうち、見つけたのは {harm['before']:,} → {harm['after']:,} 件")
    if compared["worse_for"]:
        lines.append(f"  悪くなった理由: {'、'.join(compared['worse_for'])}")
    return lines


def _register_using(model: click.Group, open_database: Callable[[], "Database"], open_settings: Callable[[], "Settings"]) -> None:
    @model.command("list")
    def list_versions() -> None:
        """All versions, the one in use marked with *: name, trained on, scores, verdict, in use since, what is wrong with its files."""
        from voc.readings import models, queries

        settings = open_settings()
        with open_database().transaction() as session:
            models.register(session, settings)
            for row in queries.versions(session):
                click.echo(_line(row, models.problem(settings, row.version)))

    @model.command("use")
    @click.argument("version")
    def use(version: str) -> None:
        """Put VERSION in use; the worker then reads every answer again."""
        from voc.readings import models

        settings = open_settings()
        with open_database().transaction() as session:
            models.register(session, settings)
            models.switch(session, settings, version)
        click.echo(f"{version} を使います。ワーカーが声を読み直します。")


def _line(row: "ModelVersion", problem: str | None) -> str:
    from voc.clock import JST

    held, made = row.card.get("left_hands_out", {}), row.card.get("trained_on", {})
    trained = f"回答 {made['replies']:,} 件(自社 {made.get('own', 0):,} 件)" if "replies" in made else "-"
    since = row.in_use_since.astimezone(JST).strftime("%Y-%m-%d %H:%M から") if row.in_use_since else "-"
    verdict = row.card.get("compared", {}).get("verdict", "-")
    cells = [row.version, trained, f"leaf {held.get('leaf', '-')}", f"group {held.get('group', '-')}", verdict, since, problem or "-"]
    return f"{'*' if row.in_use else ' '} " + "\t".join(cells)


def _found_version(version: str, settings: "Settings") -> Path:
    from voc.errors import NotFound
    from voc.readings import models

    folder = models.folders(settings).get(version)
    if folder is None:
        raise NotFound(f"モデル {version} はありません。python -m voc model list で一覧を見られます。")
    return folder
