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
from voc.classifier.alerts import CODES, lexicon_matches
from voc.classifier.baselines import baselines
from voc.classifier.evaluate import Judged, alert_figures, difference, figures
from voc.classifier.reader import COLUMNS, LEAVES, PARTS, ReplyClassifier
from voc.classifier.train import Example, HeldOut, Prepared, Progress, examples, fit_weights, in_hiragana, measure, prepare, with_kana
from voc.classifier.vectors import available
from voc.reasons.codebook import ALERTS
from voc.reasons.codebook import LEAVES as CODEBOOK
from voc.text import normalise

README = Path(__file__).resolve().parents[2] / "models" / "README.md"
FIGURES = README.with_name("evaluation.json")
MARK = "<!-- figures: written by `python -m voc model evaluate --write` -->"
CURVE = (100, 300, 1000, 3000, 10_000)
CURVE_SHOWS = ("leaf", "group", "top3", "macro_f1")
#: Which replies, which figure, and what it should be at least (ECE: at most).
GOALS = (
    ("kind hard", "leaf", 0.75), ("kind hard", "group", 0.84), ("kind hard", "top3", 0.94), ("kind everyday", "leaf", 0.82),
    ("kind everyday", "group", 0.87), ("kind everyday", "top3", 0.95), ("no trap", "leaf", 0.93), ("", "ece", 0.05),
)  # fmt: skip
#: Alert, recall at least, share flagged at most.
ALERT_GOALS = (("health_harm", 0.95, 0.2), ("legal", 0.9, 1.0), ("cancel_blocked", 0.9, 1.0), ("personal_data", 0.95, 1.0))


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
    found = run(folder, examples(corpus.load()), examples(corpus.load(split="test")), progress=progress)
    FIGURES.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    text = README.read_text(encoding="utf-8") if README.exists() else f"# Models\n\n{MARK}\n"
    README.write_text(text.split(MARK)[0] + MARK + "\n\n" + tables(found), encoding="utf-8")
    return README


def run(folder: Path, training: Sequence[Example], unseen: Sequence[Example], *, progress: Progress) -> dict[str, Any]:
    """A version on replies of hands that it has not seen, beside the baselines and itself with less to learn from."""
    card = artefact.read_card(folder)
    model = artefact.load(folder)
    words_only = artefact.load(folder)
    words_only.encoder_ = ""
    seen = judged(model, unseen)
    found: dict[str, Any] = {
        "version": folder.name, "sha256": card["sha256"], "trained_on": card["trained_on"]["replies"], "hands": sorted({one.hand for one in unseen}),
        "left_hands_out": card["left_hands_out"], "unseen": figures(seen), "without_vectors": figures(judged(words_only, unseen)), "baselines": {},
        "examinations": {name: figures(seen[rows]) for name, rows in _examinations(unseen).items()},
    }  # fmt: skip
    nothing = np.zeros((len(unseen), len(CODES)), dtype=bool)
    compared = baselines()
    for i, baseline in enumerate(compared):
        progress("比較の手法", i, len(compared))
        baseline.fit(training)
        found["baselines"][baseline.name] = figures(_judged(unseen, baseline.scores(unseen), nothing))
    progress("比較の手法", len(compared), len(compared))
    lexicon = lexicon_matches([normalise(one.text).text for one in unseen])
    found["lexicon"] = alert_figures(replace(seen, raised=lexicon))
    last = {name: found["unseen"][name] for name in CURVE_SHOWS}
    found["curve"] = [*curve(training, unseen, progress), {"replies": card["trained_on"]["replies"], **last}]
    found["seed"] = without_seed(training)
    return found


def _examinations(unseen: Sequence[Example]) -> dict[str, np.ndarray]:
    """Rows of each examination that occurs."""
    rows = {name: np.flatnonzero([one.hand in hands for one in unseen]) for name, hands in corpus.EXAMINATIONS.items()}
    return {name: found for name, found in rows.items() if len(found)}


def without_seed(training: Sequence[Example]) -> dict[str, Any] | None:
    """The seed's replies, which came from outside the project, read by weights learnt from all other hands."""
    outside = [one for one in training if one.hand == corpus.SEED]
    if not outside:
        return None
    learnt = with_kana([one for one in training if one.hand != corpus.SEED])
    scores = _leaf_scores(prepare(learnt, available()), prepare(outside, available()))
    got = figures(_judged(outside, scores, np.zeros((len(outside), len(CODES)), dtype=bool)))
    return {name: got[name] for name in ("n", *CURVE_SHOWS)}


def curve(training: Sequence[Example], unseen: Sequence[Example], progress: Progress) -> list[dict[str, Any]]:
    """Accuracy on the unseen hands by the number of replies trained on, drawn over all hands.

    Weights alone are learnt anew, with vectors for every reply and without calibration, which moves the order of leaves little and
    would need every hand to be left out once more for each point.
    """
    order = np.random.default_rng(0).permutation(len(training))
    sizes = [size for size in CURVE if size < len(training)]
    again, twins = in_hiragana(training)
    learnt = [*training, *again]
    data, probe = prepare(learnt, available()), prepare(unseen, available())
    kana = np.full(len(training), -1)
    kana[twins] = np.arange(len(training), len(learnt))
    points = []
    for i, size in enumerate(sizes):
        progress("学習曲線", i, len(sizes))
        drawn = np.sort(order[:size])
        rows = np.concatenate([drawn, kana[drawn][kana[drawn] >= 0]])
        got = figures(_judged(unseen, _leaf_scores(data.take(rows), probe), np.zeros((len(unseen), len(CODES)), dtype=bool)))
        points.append({"replies": size, **{name: got[name] for name in CURVE_SHOWS}})
    progress("学習曲線", len(sizes), len(sizes))
    return points


def _leaf_scores(data: Prepared, probe: Prepared) -> np.ndarray:
    model = ReplyClassifier()
    fit_weights(model, data)
    n = len(probe.primary)
    out = HeldOut(np.zeros((n, COLUMNS)), np.zeros((n, COLUMNS)), np.zeros((n, COLUMNS)), np.zeros((n, 2)), np.zeros((n, COLUMNS)))
    measure(model, probe, out, np.arange(n))
    return np.asarray((out.mixed + out.deeper)[:, PARTS["words" if probe.vectors is None else "full"]])


# -- as Markdown ----------------------------------------------------------------------------------------------------------


def tables(found: dict[str, Any]) -> str:
    """The figures as Markdown."""
    unseen = found["unseen"]
    parts = [
        f"Version `{found['version']}`, trained on {found['trained_on']:,} replies, judged on {unseen['n']:,} of {len(found['hands'])} hands "
        f"({', '.join(found['hands'])}) that nothing was trained on, tuned on or looked up in.\n",
        "## Goals\n",
        _goals(found),
        _outside(found["seed"]),
        "## Beside simpler methods\n",
        "Trained on the same replies, judged on the same unseen hands.\n",
        _methods(found),
        "## By kind, trap and length\n",
        _slices(found),
        "## By reason\n",
        _table(
            ("reason", "n", "recall", "precision"),
            [(f"`{code}` {CODEBOOK[code].label}", v["n"], v["recall"], v["precision"]) for code, v in unseen["leaves"].items()],
        ),
        "## Alerts\n",
        _alerts(found),
        "## Learning curve\n",
        "Drawn over all training hands; the last line is the shipped model.\n",
        _table(
            ("replies trained on", "leaf", "macro-F1", "group", "top-3"),
            [(f"{p['replies']:,}", p["leaf"], p["macro_f1"], p["group"], p["top3"]) for p in found["curve"]],
        ),
        "## Hands left out by turns\n",
        "Each training hand read by a model that was trained without it: what everything was chosen by.\n",
        _hands(found["left_hands_out"]),
    ]
    return "\n".join(parts)


def _goals(found: dict[str, Any]) -> str:
    """What was to be reached, and what was, on all unseen hands and examination by examination; what does not occur is left out."""
    exams = [found["unseen"], *found["examinations"].values()]
    rows: list[tuple[str, ...]] = []
    for where, name, goal in GOALS:
        values = [(exam["by"].get(where, {}) if where else exam).get(name) for exam in exams]
        if values[0] is not None:
            least = "≤" if name == "ece" else "≥"
            said = [_marked(value, value is None or (value <= goal if name == "ece" else value >= goal)) for value in values]
            rows.append((f"{where or 'all'}: {name}", f"{least} {goal:.2f}", *said))
    for code, recall, most in ALERT_GOALS:
        held = [exam["alerts"][code] for exam in exams]
        if held[0]["recall"] is not None:
            goal_text = f"≥ {recall:.2f}" + (f", flagged ≤ {most:.2f}" if most < 1 else "")
            said = [
                _marked(one["recall"], one["recall"] is None or (one["recall"] >= recall and one["flagged"] <= most))
                + f" of {one['true']}, flagged {one['flagged']:.3f}"
                for one in held
            ]
            rows.append((f"`{code}`: recall", goal_text, *said))
    names = [f"{name} examination ({', '.join(corpus.EXAMINATIONS[name])})" for name in found["examinations"]]
    return _table(("figure", "goal", "all unseen hands", *names), rows)


def _marked(value: float | None, reached: bool) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if reached else f"**{value:.3f} missed**"


def _outside(seed: dict[str, Any] | None) -> str:
    if seed is None:
        return ""
    return (
        f"The seed, {seed['n']} short and plain replies from outside the project, by weights learnt without it: leaf {seed['leaf']:.3f}, "
        f"group {seed['group']:.3f}, top-3 {seed['top3']:.3f}. What it got wrong led to the hands of short replies, so it is no examination.\n"
    )


def _methods(found: dict[str, Any]) -> str:
    rows = [(name, one, False) for name, one in found["baselines"].items()]
    rows += [("voc, without sentence vectors", found["without_vectors"], True), ("**voc, as shipped**", found["unseen"], True)]
    return _table(
        ("method", "leaf", "macro-F1", "group", "top-3", "ECE", "coverage at 95 % precision"),
        [
            (name, v["leaf"], v["macro_f1"], v["group"], v["top3"], v["ece"] if real else "–", v["coverage_at_95"] if real else "–")
            for name, v, real in rows
        ],
    )


def _slices(found: dict[str, Any]) -> str:
    names = list(found["baselines"])
    rows = [
        (where, v["n"], v["leaf"], v["group"], v["top3"], *(found["baselines"][name]["by"].get(where, {}).get("leaf") for name in names))
        for where, v in found["unseen"]["by"].items()
    ]
    return _table(("replies", "n", "leaf", "group", "top-3", *(f"leaf, {name}" for name in names)), rows)


def _alerts(found: dict[str, Any]) -> str:
    rows = [
        (
            f"`{code}` {ALERTS[code].label}", v["true"], v["recall"], v["precision"], v["flagged"], found["left_hands_out"]["alerts"][code]["recall"],
            found["lexicon"][code]["recall"], found["lexicon"][code]["flagged"],
        )
        for code, v in found["unseen"]["alerts"].items()
    ]  # fmt: skip
    return _table(
        ("alert", "true", "recall", "precision", "share flagged", "recall, hands left out", "words alone: recall", "words alone: flagged"),
        rows,
    )


def _hands(held: dict[str, Any]) -> str:
    rows = [("all", held["n"], held["leaf"], held["group"], held["top3"])]
    rows += [(where, v["n"], v["leaf"], v["group"], v["top3"]) for where, v in held["by"].items() if where.startswith(("hand ", "kind "))]
    return _table(("replies", "n", "leaf", "group", "top-3"), rows)


def _table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    def cell(value: Any) -> str:
        return "–" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)

    lines = ["| " + " | ".join(header) + " |", "|---" + "|---:" * (len(header) - 1) + "|"]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
