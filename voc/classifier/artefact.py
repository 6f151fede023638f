"""A trained classifier on disk: ``model.skops`` and ``card.json`` in a folder named after its version.

Loading trusts a list of types and never a pickle: whatever else a file asks for is refused, and so is a file that is not the one its
card was written for.
"""

import hashlib
import json
import platform
import warnings
from pathlib import Path
from typing import Any

from voc.classifier.files import CARD, MODEL, ArtefactError, checked, read_card
from voc.classifier.reader import ReplyClassifier

__all__ = ["CARD", "MODEL", "TRUSTED", "ArtefactError", "checked", "load", "read_card", "save", "shipped", "versions"]

TRUSTED = [
    "voc.classifier.alerts.AlertRule",
    "voc.classifier.calibration.MarginCalibrator",
    "voc.classifier.features.ReplyVectorizer",
    "voc.classifier.reader.ReplyClassifier",
]


def save(model: ReplyClassifier, folder: Path, card: dict[str, Any]) -> dict[str, Any]:
    """Write model and card; the card is completed with hash and versions, and returned."""
    from skops import io

    folder.mkdir(parents=True, exist_ok=True)
    data = io.dumps(model, compression=8, compresslevel=9)  # zip, LZMA excluded: zlib is everywhere
    (folder / MODEL).write_bytes(data)
    full = {"version": model.version, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), "made_with": versions(), **card}
    (folder / CARD).write_text(json.dumps(full, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return full


def load(folder: Path) -> ReplyClassifier:
    """Load a model.

    Raises
    ------
    ArtefactError
        When a file is missing, damaged or changed, asks for a type that is not on the list, or needs another version of voc.
    """
    from skops import io

    data = checked(folder)
    try:
        unknown = sorted(set(io.get_untrusted_types(data=data)) - set(TRUSTED))
        if unknown:
            raise ArtefactError(
                f"モデル {folder.name} は許可されていない型 {unknown[0]} を含むため、読み込みません。出所を確かめてください。"
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # scikit-learn's note on another version: our arrays do not depend on it
            model = io.loads(data, trusted=TRUSTED)
    except ArtefactError:
        raise
    except Exception as error:  # whatever a damaged archive makes the reader stumble over
        raise ArtefactError(
            f"モデル {folder.name} を読み込めません({type(error).__name__})。この版の voc に合うモデルを入れ直してください。"
        ) from None
    if not isinstance(model, ReplyClassifier):
        raise ArtefactError(f"モデル {folder.name} は voc の分類モデルではありません。モデルを入れ直してください。")
    return model


def shipped() -> Path:
    """Folder of the newest model that voc ships.

    Raises
    ------
    ArtefactError
        When there is none.
    """
    home = Path(__file__).resolve().parents[2] / "models"
    found = sorted(path.parent for path in home.glob(f"*/{CARD}"))
    if not found:
        raise ArtefactError(f"{home} に分類モデルがありません。voc を入れ直すか、python -m voc model train で作ってください。")
    return found[-1]


def versions() -> dict[str, str]:
    """What the model was made with."""
    import numpy
    import scipy
    import sklearn
    import skops

    return {
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__,
        "skops": skops.__version__,
    }
