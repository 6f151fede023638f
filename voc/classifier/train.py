"""Train the classifier: on the corpus, and on a company's own decisions where there are some. Deterministic."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.svm import LinearSVC

from voc.classifier import artefact, corpus
from voc.classifier.alerts import CODES, RECALL, AlertRule, lexicon_matches
from voc.classifier.batch import gathered
from voc.classifier.calibration import MarginCalibrator, platt
from voc.classifier.corpus import RULES, SEED, Reply
from voc.classifier.documents import Document, document
from voc.classifier.evaluate import Judged, figures
from voc.classifier.features import ReplyVectorizer
from voc.classifier.linear import AveragedLinearClassifier
from voc.classifier.reader import (
    COLUMNS,
    LEAVES,
    PARTS,
    VECTOR,
    Clauses,
    N,
    ReplyClassifier,
    mixed_margins,
    strangeness,
    with_type,
)
from voc.classifier.vectors import Encoder, available
from voc.reasons.codebook import VERSION as CODEBOOK
from voc.text import fold_kana, in_kana, normalise

FOLDS = 5
SEED_WEIGHT = 0.5
"""Of the seed's replies: short and plain, all by one writer. Leave-hands-out prefers this to leaving them out (0.849 against 0.841)."""
RULES_WEIGHT = 6.0
"""Of the codebook's phrases: they are what the codes mean, and short ones that thousands of others outweigh."""
DISPUTED_WEIGHT = 0.6
HAND_WEIGHTS = {SEED: SEED_WEIGHT, RULES: RULES_WEIGHT}
OWN_WEIGHT = 3.0
"""Of a company's own decisions: its words are those that will be read."""
WEAK = 0.2
"""Of a reply as an example of its secondary leaf."""
KANA = 0.2
"""Of a reply once more as it is read, in hiragana: for those who write so, and so that 痒い and かゆい teach each other."""
MOST_TERMS = 120_000
SURE = 0.85
QUIET = 0.995
"""Share of held-out harms that lie above the margin below which vectors are not consulted."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Example:
    """One labelled reply to learn from."""

    text: str
    purchase_type: str
    primary: str
    secondary: tuple[str, ...] = ()
    alerts: tuple[str, ...] | None = None
    """``None`` where nobody looked for alerts."""
    hand: str = "own"
    """Who wrote it: whole hands are held out together."""
    weight: float = 1.0
    kind: str = ""
    traps: tuple[str, ...] = ()


def examples(replies: Iterable[Reply]) -> list[Example]:
    """Replies of the corpus as examples."""

    def alerts(reply: Reply) -> tuple[str, ...] | None:
        return None if reply.hand == SEED and reply.decided_by != "recoded" else tuple(reply.alerts)

    return [
        Example(
            text=reply.text, purchase_type=reply.purchase_type, primary=reply.primary, secondary=tuple(reply.secondary),
            alerts=alerts(reply), hand=reply.hand, kind=reply.kind, traps=tuple(reply.traps),
            weight=HAND_WEIGHTS.get(reply.hand, DISPUTED_WEIGHT if reply.decided_by == "disputed" else 1.0),
        )
        for reply in replies
    ]  # fmt: skip


@dataclass
class Prepared:
    """Examples as arrays."""

    documents: list[Document]
    types: list[str]
    primary: np.ndarray
    mentioned: np.ndarray
    alerts: np.ndarray
    known: np.ndarray
    weight: np.ndarray
    vectors: np.ndarray | None
    words: np.ndarray
    """Which alerts' lexicons match."""

    def take(self, rows: np.ndarray) -> "Prepared":
        return Prepared(
            [self.documents[i] for i in rows], [self.types[i] for i in rows], self.primary[rows], self.mentioned[rows], self.alerts[rows],
            self.known[rows], self.weight[rows], None if self.vectors is None else self.vectors[rows], self.words[rows],
        )  # fmt: skip


def with_kana(sample: Sequence[Example]) -> list[Example]:
    """The examples, and after them each that has kanji once more in hiragana, with less weight."""
    return [*sample, *in_hiragana(sample)[0]]


def in_hiragana(sample: Sequence[Example]) -> tuple[list[Example], list[int]]:
    """Those that have kanji, as they are read; and their places in ``sample``."""
    again, places = [], []
    for place, one in enumerate(sample):
        read = normalise(one.text).text
        kana = in_kana(read)
        if kana != fold_kana(read):
            again.append(replace(one, text=kana, weight=one.weight * KANA))
            places.append(place)
    return again, places


def prepare(sample: Sequence[Example], encoder: Encoder | None) -> Prepared:
    documents = [document(one.text) for one in sample]
    mentioned = np.array([[leaf == one.primary or leaf in one.secondary for leaf in LEAVES] for one in sample])
    return Prepared(
        documents=documents,
        types=[one.purchase_type for one in sample],
        primary=np.array([LEAVES.index(one.primary) for one in sample]),
        mentioned=mentioned,
        alerts=np.array([[code in (one.alerts or ()) for code in CODES] for one in sample]),
        known=np.array([one.alerts is not None for one in sample]),
        weight=np.array([one.weight for one in sample]),
        vectors=None if encoder is None else encoder.encode([doc.normal.text for doc in documents]) * VECTOR,
        words=lexicon_matches([doc.normal.text for doc in documents]),
    )


# -- fitting --------------------------------------------------------------------------------------------------------------


def fit_weights(model: ReplyClassifier, data: Prepared) -> None:
    """Learn features and weights: everything but calibration and thresholds."""
    model.vectorizer_ = ReplyVectorizer().fit([doc.folded for doc in data.documents])
    rows = model.vectorizer_.transform([doc.folded for doc in data.documents])
    rows = with_type(rows, data.types)
    deep = rows if data.vectors is None else sparse.hstack([rows, sparse.csr_matrix(data.vectors)]).tocsr()
    weights = np.zeros((deep.shape[1], COLUMNS), dtype=np.float32)
    intercepts = np.zeros(COLUMNS, dtype=np.float32)
    for part, matrix in (("words", rows), ("full", deep)):
        weights[: matrix.shape[1], PARTS[part]], intercepts[PARTS[part]] = _leaf_weights(matrix, data)
    _binary_weights(rows, data.mentioned, data.weight, PARTS["mention"], (weights, intercepts))
    known = data.known
    for part, matrix in (("alert", rows), ("alert_full", deep)):
        _binary_weights(matrix[known], data.alerts[known], data.weight[known], PARTS[part], (weights, intercepts), balanced=True)
    model.weights_ = weights[: rows.shape[1]]
    model.vector_weights_ = weights[rows.shape[1] :]
    model.intercepts_ = intercepts


def _leaf_weights(rows: sparse.csr_matrix, data: Prepared) -> tuple[np.ndarray, np.ndarray]:
    """One reply stands once for its primary leaf, and weakly for each secondary one."""
    others = data.mentioned.copy()
    others[np.arange(len(data.primary)), data.primary] = False
    again, leaf = np.nonzero(others)
    stacked = sparse.vstack([rows, rows[again]]).tocsr()
    y = np.concatenate([data.primary, leaf])
    weight = np.concatenate([data.weight, WEAK * data.weight[again]])
    fitted = AveragedLinearClassifier(C_logistic=(), C_svm=0.8).fit(stacked, y, sample_weight=weight)
    coef, intercept = np.zeros((rows.shape[1], N)), np.full(N, -3.0)
    coef[:, fitted.classes_], intercept[fitted.classes_] = fitted.coef_.T, fitted.intercept_
    return coef, intercept


def _binary_weights(
    rows: sparse.csr_matrix,
    labels: np.ndarray,
    weight: np.ndarray,
    part: slice,
    into: tuple[np.ndarray, np.ndarray],
    *,
    balanced: bool = False,
) -> None:
    weights, intercepts = into
    for column in range(labels.shape[1]):
        place = (part.start or 0) + column
        if len(np.unique(labels[:, column])) < 2:
            intercepts[place] = -3.0
            continue
        svm = LinearSVC(C=0.3, class_weight="balanced" if balanced else None, random_state=0, max_iter=3000)
        svm.fit(rows, labels[:, column], sample_weight=weight)
        weights[: rows.shape[1], place] = svm.coef_[0]
        intercepts[place] = svm.intercept_[0]


def prune(model: ReplyClassifier, most: int = MOST_TERMS) -> None:
    """Leave out the features that weigh least, and keep weights in half precision."""
    importance = np.abs(model.weights_[:-1]).max(axis=1) * model.vectorizer_.idf_
    keep = np.sort(np.argsort(-importance, kind="stable")[:most])
    model.vectorizer_ = model.vectorizer_.pruned(keep)
    model.weights_ = model.weights_[np.append(keep, len(importance))].astype(np.float16)


# -- held out -------------------------------------------------------------------------------------------------------------


@dataclass
class HeldOut:
    """Margins of replies that the model which gave them had not seen, in the examples' order."""

    mixed: np.ndarray
    whole: np.ndarray
    strongest: np.ndarray
    strange: np.ndarray
    deeper: np.ndarray


def folds(hands: Sequence[str], n: int = FOLDS) -> list[np.ndarray]:
    """Rows to hold out, whole hands at a time; the company's own replies are dealt out one by one. The seed's and the
    codebook's are never held out."""
    names = sorted(set(hands) - {SEED, RULES, "own"})
    group = {name: i % n for i, name in enumerate(names)}
    own = iter(range(len(hands)))
    fold = np.array([-1 if hand in (SEED, RULES) else next(own) % n if hand == "own" else group[hand] for hand in hands])
    return [np.flatnonzero(fold == i) for i in range(n) if (fold == i).any()]


def held_out(data: Prepared, parts: Sequence[np.ndarray], progress: Progress | None = None) -> HeldOut:
    """Train without each part and measure it."""
    n = len(data.primary)
    out = HeldOut(np.zeros((n, COLUMNS)), np.zeros((n, COLUMNS)), np.zeros((n, COLUMNS)), np.zeros((n, 2)), np.zeros((n, COLUMNS)))
    for i, rows in enumerate(parts):
        model = ReplyClassifier()
        fit_weights(model, data.take(np.setdiff1d(np.arange(n), rows)))
        measure(model, data.take(rows), out, rows)
        if progress:
            progress("交差検証", i + 1, len(parts))
    return out


def measure(model: ReplyClassifier, data: Prepared, out: HeldOut, rows: np.ndarray) -> None:
    """Put the margins of ``data`` into ``out`` at ``rows``."""
    batch = gathered(data.documents, data.words)
    found = model.vectorizer_.find(batch.texts)
    whole, clause = model.margins(batch, found, data.types)
    out.whole[rows] = whole
    out.strongest[rows] = clause.strongest
    out.mixed[rows] = mixed_margins(whole, clause)
    out.strange[rows] = strangeness(found)
    if data.vectors is not None:
        out.deeper[rows] = data.vectors @ model.vector_weights_


def calibrate(model: ReplyClassifier, data: Prepared, out: HeldOut, rows: np.ndarray, recall: Mapping[str, float] = RECALL) -> None:
    """Learn from held-out margins what they mean, and where to raise alerts: ``recall`` of each is to be found."""
    full = out.mixed + out.deeper
    y, weight = data.primary[rows], data.weight[rows]
    model.calibrators_ = [
        MarginCalibrator().fit(margins[rows][:, PARTS[part]], out.strange[rows], y, weight)
        for part, margins in (("words", out.mixed), ("full", full))
    ]
    model.mention_ = np.array([platt(out.mixed[rows, (PARTS["mention"].start or 0) + k], data.mentioned[rows, k]) for k in range(N)]).T
    known = rows[data.known[rows]]
    model.rules_ = []
    for part, whole in (("alert", out.whole), ("alert_full", out.whole + out.deeper)):
        for k, code in enumerate(CODES):
            margins, best = whole[known][:, PARTS[part]][:, k], out.strongest[known][:, PARTS["alert"]][:, k]
            rule = AlertRule(code=code, recall=recall[code])
            model.rules_.append(rule.fit(margins, best, data.words[known, k], data.alerts[known, k]))
    model.sure_ = SURE
    harmed = known[data.alerts[known, 0]]
    model.quiet_ = np.full(len(CODES), np.inf)  # for the others, words say all
    if len(harmed):
        model.quiet_[0] = np.quantile(out.whole[harmed, PARTS["alert"].start or 0], 1 - QUIET)


def judge(model: ReplyClassifier, data: Prepared, out: HeldOut, rows: np.ndarray, sample: Sequence[Example]) -> Judged:
    """Held-out replies as the model would have read them, vectors consulted where it would have."""
    strange = out.strange[rows]
    probabilities = model.calibrators_[0].predict_proba(out.mixed[rows][:, PARTS["words"]], strange)
    clause = Clauses(out.mixed[rows], out.strongest[rows])
    whole = out.whole[rows][:, PARTS["alert"]]
    raised, _ = model.judge_alerts(whole, clause, data.words[rows], PARTS["alert"])
    if data.vectors is not None:
        open_ = model.left_open(probabilities, whole)
        full = (out.mixed + out.deeper)[rows][open_][:, PARTS["full"]]
        probabilities[open_] = model.calibrators_[1].predict_proba(full, strange[open_])
        deep = (out.whole + out.deeper)[rows][open_][:, PARTS["alert_full"]]
        raised[open_], _ = model.judge_alerts(deep, clause[open_], data.words[rows][open_], PARTS["alert_full"])
    chosen = [sample[i] for i in rows]
    return Judged(
        probabilities, data.primary[rows], [one.purchase_type for one in chosen], raised, data.alerts[rows], data.known[rows],
        [one.kind for one in chosen], [one.traps for one in chosen], [len(one.text) for one in chosen], [one.hand for one in chosen],
    )  # fmt: skip


# -- all of it ------------------------------------------------------------------------------------------------------------


@dataclass
class Trained:
    """A model with what is known of it."""

    model: ReplyClassifier
    card: dict[str, Any]


def train(sample: Sequence[Example], *, version: str, encoder: Encoder | None = None, progress: Progress | None = None) -> Trained:
    """Train, calibrate and score by leaving hands out, then train on everything.

    Raises
    ------
    ValueError
        When there are fewer than two hands, so that nothing can be held out.
    """
    learnt = with_kana(sample)
    data = prepare(learnt, encoder)
    parts = folds([one.hand for one in learnt])
    if len(parts) < 2:
        raise ValueError("at least two hands are needed, so that one can be held out")
    out = held_out(data, parts, progress)
    rows = np.sort(np.concatenate(parts))
    rows = rows[rows < len(sample)]  # judged as they were written
    model = ReplyClassifier(version=version)
    calibrate(model, data, out, rows)
    card = {
        "codebook": CODEBOOK,
        "labels": list(LEAVES),
        "alerts": list(CODES),
        "encoder": encoder.name if encoder else None,
        "trained_on": {"replies": len(sample), "hands": sorted({one.hand for one in sample}), "sha256": fingerprint(sample)},
        "settings": {
            "sure": SURE,
            "seed_weight": SEED_WEIGHT,
            "rules_weight": RULES_WEIGHT,
            "own_weight": OWN_WEIGHT,
            "weak": WEAK,
            "kana": KANA,
            "recall": RECALL,
        },
        "left_hands_out": figures(judge(model, data, out, rows, sample)),
    }
    fit_weights(model, data)
    prune(model)
    model.encoder_ = encoder.name if encoder else ""
    return Trained(model, card)


def fingerprint(sample: Sequence[Example]) -> str:
    """SHA-256 of everything that is learnt from."""
    digest = hashlib.sha256()
    for one in sample:
        row = [one.text, one.purchase_type, one.primary, *one.secondary, one.hand, one.weight, one.alerts]
        digest.update(json.dumps(row, ensure_ascii=False).encode())
    return digest.hexdigest()


def train_and_save(
    home: Path,
    *,
    corpus_file: Path | None = None,
    own: Sequence[Example] = (),
    version: str | None = None,
    progress: Progress | None = None,
) -> Path:
    """Train on the corpus's training split and a company's own decisions; the folder that the model is in."""
    version = version or date.today().isoformat()  # noqa: DTZ011  (a name, not a moment)
    trained = train([*examples(corpus.load(corpus_file)), *own], version=version, encoder=available(), progress=progress)
    artefact.save(trained.model, home / version, trained.card)
    return home / version
