"""A company's own decisions as examples to learn from, as `voc export decisions` writes them."""

from pathlib import Path

from voc.classifier.learn import OWN, part_of
from voc.classifier.table import purchase_type
from voc.classifier.train import OWN_WEIGHT, Example
from voc.reasons.codebook import ALERTS, PREDICTED_LEAVES
from voc.spreadsheet import SpreadsheetError, read_table

#: Our name → the export's.
NAMES = {
    "text": "お客様のことば", "purchase_type": "買い方", "primary": "理由コード", "secondary": "副次の理由コード", "alerts": "知らせコード", "undone_at": "取り消し日時",
}  # fmt: skip
NEEDED = ("text", "primary")


def examples(path: Path) -> list[Example]:
    """The decisions of a file, the last one about each reply.

    Undone decisions, empty texts and reasons that are never predicted are left out.

    Raises
    ------
    SpreadsheetError
        When columns are missing.
    """
    table = read_table(path)
    place = {name: table.header.index(column) for name, column in NAMES.items() if column in table.header}
    missing = [NAMES[name] for name in NEEDED if name not in place]
    if missing:
        raise SpreadsheetError(
            f"{path.name} に列「{missing[0]}」がありません。python -m voc export decisions で書き出したファイルを指定してください。"
        )
    found: dict[tuple[str, str], Example] = {}
    for row in table.rows:
        cell = {name: row.cells[at].removeprefix("'").strip() for name, at in place.items()}
        if cell.get("undone_at") or not cell["text"] or cell["primary"] not in PREDICTED_LEAVES:
            continue
        bought = purchase_type(cell.get("purchase_type", ""))
        found[cell["text"], bought] = Example(
            text=cell["text"], purchase_type=bought, primary=cell["primary"],
            secondary=tuple(code for code in cell.get("secondary", "").split("|") if code in PREDICTED_LEAVES),
            alerts=tuple(code for code in cell.get("alerts", "").split("|") if code in ALERTS),
            hand=f"{OWN}{part_of(cell['text'])}", weight=OWN_WEIGHT,
        )  # fmt: skip
    return list(found.values())
