"""models/README.md: how good the shipped classifier is on hands that nothing was trained on, beside baselines and learning curve.

The only module that reads the test split.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from voc.classifier import artefact, corpus
from voc.classifier.alerts import CODES
from voc.classifier.baselines import baselines
from voc.classifier.evaluate import Judged, difference, figures
from voc.classifier.reader import LEAVES, ReplyClassifier
from voc.classifier.train import Example, Progress, examples, train
from voc.classifier.vectors import available
from voc.reasons.codebook import ALERTS
from voc.reasons.codebook import LEAVES as CODEBOOK

README = Path(__file__).resolve().parents[2] / "models" / "README.md"
FIGURES = README.with_name("evaluation.json")
MARK = "<!-- figures: written by `python -m voc model evaluate --write` -->"
CURVE = (100, 300, 1000, 3000, 10_000)


def judged(model: ReplyClassifier, sample: Sequence[Example]) -> Judged:
    """Labelled replies as a model reads them."""
    texts, types = [one.text for one in sample], [one.purchase_type for one in sample]
    readings = model.read(texts, types)
    raised = np.array([[any(alert.code == code for alert in reading.alerts) for code in CODES] for reading in readings])
    return _judged(sample, model.probabilities(texts, types), raised)


def _judged(sample: Sequence[Example], probabilities: np.ndarray, raised: np.ndarray) -> Judged:
    return Judged(
        probabilities,
        np.array([LEAVES.index(one.primary) for one in sample]),
        [one.purchase_type for one in sample],
        raised,
        np.array([[code in (one.alerts or ()) for code in CODES] for one in sample]),
        np.array([one.alerts is not None for one in sample]),
        [one.kind for one in sample],
        [one.traps for one in sample],
        [len(one.text) for one in sample],
        [one.hand for one in sample],
    )


def in_short(folder: Path) -> str:
    """A few lines about one version on the unseen hands, compared with the shipped one where that is another."""
    sample = examples(corpus.load(split="test"))
    seen = judged(artefact.load(folder), sample)
    found = figures(seen)
    lines = [
        f"{folder.name}: {found['n']} 件(学習に使っていない書き手 {', '.join(sorted({one.hand for one in sample}))})",
        _main_row(found),
    ]
    lines += [
        f"  {code}: recall {one['recall']} precision {one['precision']} flagged {one['flagged']}" for code, one in found["alerts"].items()
    ]
    if folder != artefact.shipped():
        other = judged(artefact.load(artefact.shipped()), sample)
        gain, low, high = difference(_right(other), _right(seen))
        lines.append(f"  同梱の {artefact.shipped().name} との差: {gain:+.3f}(90% 区間 {low:+.3f} 〜 {high:+.3f})")
    return "\n".join(lines)


def _right(seen: Judged) -> np.ndarray:
    return np.asarray(seen.probabilities.argmax(axis=1) == seen.primary)


def _main_row(found: dict[str, Any]) -> str:
    names = ("leaf", "macro_f1", "group", "top3", "ece", "coverage_at_95")
    return "  " + " ".join(f"{name} {found[name]:.3f}" for name in names)


# -- the whole report -----------------------------------------------------------------------------------------------------


def write(folder: Path, *, progress: Progress) -> Path:
    """Run everything and write models/evaluation.json and the figures in models/README.md."""
    training, unseen = examples(corpus.load()), examples(corpus.load(split="test"))
    model = artefact.load(folder)
    found: dict[str, Any] = {"version": folder.name, "sha256": artefact.read_card(folder)["sha256"]}
    found["left_hands_out"] = artefact.read_card(folder)["left_hands_out"]
    found["unseen"] = figures(judged(model, unseen))
    found["baselines"] = {}
    for i, baseline in enumerate(baselines()):
        progress("比較の手法", i, 4)
        baseline.fit(training)
        scores = baseline.scores(unseen)
        found["baselines"][baseline.name] = figures(_judged(unseen, scores, np.zeros((len(unseen), len(CODES)), dtype=bool)))
    progress("比較の手法", 3, 4)
    words_only = artefact.load(folder)
    words_only.encoder_ = ""
    found["without_vectors"] = figures(judged(words_only, unseen))
    progress("比較の手法", 4, 4)
    found["curve"] = curve(training, unseen, progress)
    FIGURES.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    text = README.read_text(encoding="utf-8") if README.exists() else f"# Models\n\n{MARK}\n"
    README.write_text(text.split(MARK)[0] + MARK + "\n\n" + tables(found), encoding="utf-8")
    return README


def curve(training: Sequence[Example], unseen: Sequence[Example], progress: Progress) -> list[dict[str, Any]]:
    """Accuracy on the unseen hands by the number of replies trained on, drawn over all hands."""
    order = np.random.default_rng(0).permutation(len(training))
    sizes = [size for size in CURVE if size < len(training)] + [len(training)]
    points = []
    for i, size in enumerate(sizes):
        progress("学習曲線", i, len(sizes))
        sample = [replace(training[j], hand=training[j].hand if size > 500 else f"part{k % 4}") for k, j in enumerate(order[:size])]
        got = figures(judged(train(sample, version="curve", encoder=available()).model, unseen))
        points.append({"replies": size, **{name: got[name] for name in ("leaf", "group", "top3", "macro_f1")}})
    progress("学習曲線", len(sizes), len(sizes))
    return points


def tables(found: dict[str, Any]) -> str:
    """The figures as Markdown."""
    unseen = found["unseen"]
    parts = [
        f"Version `{found['version']}`, {unseen['n']} replies of three hands that nothing was trained on, tuned on or looked up in.\n",
        _methods(found),
        "## By kind, trap and length\n",
        _table(
            ("replies", "n", "leaf", "group", "top-3"), [(k, v["n"], v["leaf"], v["group"], v["top3"]) for k, v in unseen["by"].items()]
        ),
        "## By reason\n",
        _table(
            ("reason", "n", "recall", "precision"),
            [(f"`{code}` {CODEBOOK[code].label}", v["n"], v["recall"], v["precision"]) for code, v in unseen["leaves"].items()],
        ),
        "## Alerts\n",
        _table(
            ("alert", "true", "recall", "precision", "share flagged", "recall, hands left out"),
            [
                (
                    f"`{code}` {ALERTS[code].label}",
                    v["true"],
                    v["recall"],
                    v["precision"],
                    v["flagged"],
                    found["left_hands_out"]["alerts"][code]["recall"],
                )
                for code, v in unseen["alerts"].items()
            ],
        ),
        "## Learning curve\n",
        _table(
            ("replies trained on", "leaf", "macro-F1", "group", "top-3"),
            [(f"{p['replies']:,}", p["leaf"], p["macro_f1"], p["group"], p["top3"]) for p in found["curve"]],
        ),
    ]
    return "\n".join(parts)


def _methods(found: dict[str, Any]) -> str:
    rows = [(name, one, False) for name, one in found["baselines"].items()]
    rows += [("voc, without sentence vectors", found["without_vectors"], True), ("**voc, as shipped**", found["unseen"], True)]
    rows.append(("voc, training hands left out by turns", found["left_hands_out"], True))
    return _table(
        ("method", "leaf", "macro-F1", "group", "top-3", "ECE", "coverage at 95 % precision"),
        [
            (name, v["leaf"], v["macro_f1"], v["group"], v["top3"], v["ece"] if real else "–", v["coverage_at_95"] if real else "–")
            for name, v, real in rows
        ],
    )


def _table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    def cell(value: Any) -> str:
        return "–" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)

    lines = ["| " + " | ".join(header) + " |", "|---" + "|---:" * (len(header) - 1) + "|"]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
