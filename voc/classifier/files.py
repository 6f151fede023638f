"""The files of a model: found whole or not, without loading anything that takes long."""

import hashlib
import json
from pathlib import Path
from typing import Any

from voc.errors import VocError

MODEL = "model.skops"
CARD = "card.json"


class ArtefactError(VocError):
    """The model cannot be loaded; the message says why and what to do."""

    status = 503


def checked(folder: Path) -> bytes:
    """The model's file, if it is the one that its card was written for. Quick: nothing is loaded.

    Raises
    ------
    ArtefactError
        When a file is missing, damaged or changed.
    """
    card = read_card(folder)
    try:
        data = (folder / MODEL).read_bytes()
    except OSError as error:
        raise ArtefactError(
            f"モデル {folder.name} のファイル({MODEL})を読めません。モデルを入れ直してください。({error.strerror})"
        ) from None
    if hashlib.sha256(data).hexdigest() != card.get("sha256"):
        raise ArtefactError(f"モデル {folder.name} のファイルが壊れているか、書き換えられています。モデルを入れ直してください。")
    return data


def read_card(folder: Path) -> dict[str, Any]:
    """The card beside a model."""
    try:
        card: dict[str, Any] = json.loads((folder / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArtefactError(f"モデル {folder.name} の説明({CARD})を読めません。モデルを入れ直してください。({error})") from None
    return card
