"""The labelled replies: from the raw files that independent writers and coders made to one clean, split, committed file.

``python -m voc.classifier.corpus`` compiles models/corpus/: ``hands/`` (as written), ``second/`` (coded again, blind) and ``third/``
(disagreements decided) become ``replies.jsonl`` and ``agreement.json``. ``--take DIR`` first copies new raw files from DIR.
"""

import argparse
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from voc.errors import Refused
from voc.reasons.codebook import ALERTS, LEAVES, ONE_OFF, PREDICTED_LEAVES, SUBSCRIPTION
from voc.text import normalise

CORPUS = Path(__file__).resolve().parents[2] / "models" / "corpus"

#: Whole hands that nothing is trained on, tuned on or looked up in. Those of the second were written when the first had been looked at
#: more than once, by writers who had the codebook alone, without our decisions where it is silent.
EXAMINATIONS = {"first": ("h01", "h02", "h03"), "second": ("h26", "h27")}
TEST_HANDS = tuple(hand for hands in EXAMINATIONS.values() for hand in hands)
#: Written and first coded before rules 13 to 27 of the codebook, without alerts: a second, blind coding replaces the first.
SEED = "seed"
#: The phrases that the codebook names: they define the codes, so they are learnt from and judge nothing.
RULES = "codebook"
NEAR = 0.6
KINDS = {"e": "everyday", "h": "hard"}
_TRUE = re.compile(r"真=(\w+)")


class CorpusError(Refused):
    """A raw file cannot be read as it stands; the message names file and line."""


@dataclass(frozen=True)
class Coding:
    """What one reader saw in a reply."""

    primary: str
    secondary: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reply:
    """One labelled reply of the corpus."""

    id: str
    hand: str
    split: str
    text: str
    purchase_type: str
    primary: str
    secondary: list[str]
    alerts: list[str]
    kind: str
    traps: list[str]
    person: str
    true_reason: str | None
    """What the writer had in mind; a reader of the text alone may see another."""
    decided_by: str
    """``writer`` (coded once), ``agreement`` (two readers), ``third`` (a third decided), ``disputed`` (two differ, undecided), ``recoded`` (the seed)."""
    codings: list[list[Any]] = field(default_factory=list)
    """First and second coding where they differ: ``[primary, secondary, alerts]`` each."""


def load(path: Path | None = None, *, split: str | None = "train") -> list[Reply]:
    """The compiled replies; ``split=None`` gives all, which only the final evaluation does.

    Raises
    ------
    CorpusError
        When the file is missing or damaged.
    """
    path = path or CORPUS / "replies.jsonl"
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
        replies = [Reply(**json.loads(line)) for line in lines if line.strip()]
    except FileNotFoundError:
        raise CorpusError(f"{path} is missing. Compile it with: python -m voc.classifier.corpus") from None
    except (ValueError, TypeError) as error:
        raise CorpusError(f"{path} cannot be read ({error}). Compile it again with: python -m voc.classifier.corpus") from None
    return [reply for reply in replies if split is None or reply.split == split]


# -- compiling ------------------------------------------------------------------------------------------------------------


def compile_corpus(folder: Path = CORPUS) -> list[Reply]:
    """Read the raw files, settle the codings, drop near-duplicates, write ``replies.jsonl`` and ``agreement.json``."""
    replies, pairs = [], []
    for path in sorted((folder / "hands").glob("*.jsonl")):
        hand = path.stem
        second = _codings(folder / "second" / path.name)
        third = _codings(folder / "third" / path.name)
        for number, raw in _raw_lines(path):
            first = Coding(raw["primary"], tuple(raw["secondary"]), tuple(raw["alerts"]))
            if number in second and hand != SEED:
                pairs.append((hand, first, second[number]))
            replies.append(_settled((hand, number), raw, first, second.get(number), third.get(number)))
    kept = without_near_duplicates(replies)
    _write_jsonl(folder / "replies.jsonl", (asdict(reply) for reply in kept))
    figures = {"replies": _figures(kept), "dropped_as_near_duplicates": len(replies) - len(kept), "agreement": agreement(pairs)}
    (folder / "agreement.json").write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return kept


def _settled(place: tuple[str, int], raw: dict[str, Any], first: Coding, second: Coding | None, third: Coding | None) -> Reply:
    hand, number = place
    final, by = first, "writer"
    if hand == SEED and second is not None:
        final, by = second, "recoded"
    elif third is not None:
        final, by = third, "third"
    elif second is not None:
        same = second.primary == first.primary and set(second.alerts) == set(first.alerts)
        by = "agreement" if same else "disputed"
    true = _TRUE.search(raw["person"])
    differ = second is not None and second != first
    return Reply(
        id=f"{hand}-{number:04d}", hand=hand, split="test" if hand in TEST_HANDS else "train",
        text=raw["text"], purchase_type=raw["purchase_type"],
        primary=final.primary, secondary=[code for code in final.secondary if code != final.primary], alerts=list(final.alerts),
        kind=raw["kind"], traps=raw["traps"], person=raw["person"],
        true_reason=true[1] if true and true[1] in LEAVES else None, decided_by=by,
        codings=[[c.primary, list(c.secondary), list(c.alerts)] for c in (first, second) if c is not None] if differ else [],
    )  # fmt: skip


def _raw_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path.name} line {number}"
        try:
            raw = _from_seed(json.loads(line)) if path.stem == SEED else _from_hand(json.loads(line))
        except (ValueError, KeyError, TypeError) as error:
            raise CorpusError(f"{where}: not a reply ({error})") from None
        _check_codes(Coding(raw["primary"], tuple(raw["secondary"]), tuple(raw["alerts"])), where)
        yield number, raw


def _from_hand(row: list[str]) -> dict[str, Any]:
    text, bought, primary, secondary, alerts, kind, traps, person = row
    return {
        "text": text, "purchase_type": {"s": SUBSCRIPTION, "o": ONE_OFF}[bought], "primary": primary, "secondary": _listed(secondary),
        "alerts": _listed(alerts), "kind": KINDS[kind], "traps": _listed(traps), "person": person,
    }  # fmt: skip


def _from_seed(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "text": row["text"], "purchase_type": row["customer_type"], "primary": row["primary"], "secondary": row["secondary"],
        "alerts": row.get("alerts", []), "kind": "everyday", "traps": [], "person": "",
    }  # fmt: skip


def _codings(path: Path) -> dict[int, Coding]:
    """Line number of the hand's file → what this reader saw."""
    if not path.exists():
        return {}
    found: dict[int, Coding] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if line.strip():
            try:
                at, primary, secondary, alerts = json.loads(line)
            except ValueError as error:
                raise CorpusError(f"{path.parent.name}/{path.name} line {number}: not a coding ({error})") from None
            coding = Coding(primary, tuple(_listed(secondary)), tuple(_listed(alerts)))
            _check_codes(coding, f"{path.parent.name}/{path.name} line {number}")
            found[int(at)] = coding
    return found


def _listed(codes: str) -> list[str]:
    return [code.strip() for code in codes.split("|") if code.strip()]


def _check_codes(coding: Coding, where: str) -> None:
    unknown = [code for code in (coding.primary, *coding.secondary) if code not in PREDICTED_LEAVES]
    unknown += [code for code in coding.alerts if code not in ALERTS]
    if unknown:
        raise CorpusError(f"{where}: unknown code {unknown[0]!r}")


# -- near-duplicates ------------------------------------------------------------------------------------------------------


def without_near_duplicates(replies: list[Reply], *, limit: float = NEAR) -> list[Reply]:
    """Leave out every reply whose character 3-grams overlap with an earlier one's by a Jaccard index above ``limit``.

    Training replies come before the test's: a test reply with a twin in training would measure memory, so it is the one to go.
    Among training replies the seed's go first, since they were coded once only.
    """
    from scipy import sparse

    order = sorted(range(len(replies)), key=lambda i: (replies[i].split == "test", replies[i].hand == SEED, i))
    vocabulary: dict[str, int] = {}
    sets = [sorted({vocabulary.setdefault(gram, len(vocabulary)) for gram in _grams(replies[i].text)}) for i in order]
    sizes = np.array([len(grams) for grams in sets])
    indptr = np.concatenate([[0], np.cumsum(sizes)])
    ones = np.ones(int(indptr[-1]), dtype=np.int32)
    matrix = sparse.csr_array((ones, np.concatenate(sets), indptr), shape=(len(order), len(vocabulary)))
    dropped = np.zeros(len(order), dtype=bool)
    for start in range(0, len(order), 512):
        common = (matrix[start : start + 512] @ matrix[: start + 512].T).tocoo()
        rows, columns = common.row + start, common.col
        near = common.data > limit * (sizes[rows] + sizes[columns] - common.data)
        for row, column in sorted(zip(rows[near].tolist(), columns[near].tolist(), strict=True)):
            if column < row and not dropped[column]:
                dropped[row] = True
    gone = {order[place] for place in np.flatnonzero(dropped)}
    return [reply for place, reply in enumerate(replies) if place not in gone]


def _grams(text: str) -> set[str]:
    plain = re.sub(r"[\W_]", "", normalise(text).text) or text
    return {plain[i : i + 3] for i in range(len(plain) - 2)} or {plain}


# -- agreement ------------------------------------------------------------------------------------------------------------


def agreement(pairs: list[tuple[str, Coding, Coding]]) -> dict[str, Any]:
    """How far two readers who did not see each other agree: Cohen's κ (1960), overall, per leaf, per alert."""
    if not pairs:
        return {"coded_twice": 0}
    first, second = [pair[1] for pair in pairs], [pair[2] for pair in pairs]
    same = np.array([a.primary == b.primary for a, b in zip(first, second, strict=True)])
    return {
        "coded_twice": len(pairs),
        "hands": sorted({hand for hand, _, _ in pairs}),
        "primary": {"agreed": round(float(same.mean()), 4), "kappa": kappa([c.primary for c in first], [c.primary for c in second])},
        "leaves": {
            leaf: {
                "kappa": kappa([c.primary == leaf for c in first], [c.primary == leaf for c in second]),
                "first": sum(c.primary == leaf for c in first),
                "second": sum(c.primary == leaf for c in second),
            }
            for leaf in PREDICTED_LEAVES
        },
        "alerts": {
            alert: {
                "kappa": kappa([alert in c.alerts for c in first], [alert in c.alerts for c in second]),
                "first": sum(alert in c.alerts for c in first),
                "second": sum(alert in c.alerts for c in second),
            }
            for alert in ALERTS
        },
        "confused_most": [
            [a, b, n]
            for (a, b), n in Counter(
                (x.primary, y.primary) for x, y in zip(first, second, strict=True) if x.primary != y.primary
            ).most_common(12)
        ],
    }


def kappa(first: list[Any], second: list[Any]) -> float | None:
    """Cohen's κ: agreement beyond chance. ``None`` where chance alone would agree always."""
    n = len(first)
    observed = sum(a == b for a, b in zip(first, second, strict=True)) / n
    one, two = Counter(first), Counter(second)
    expected = sum(one[value] * two[value] for value in one) / n**2
    return None if expected == 1 else round((observed - expected) / (1 - expected), 4)


def _figures(replies: list[Reply]) -> dict[str, Any]:
    lengths = np.array([len(reply.text) for reply in replies])
    told = [reply for reply in replies if reply.true_reason]
    return {
        "all": len(replies),
        "hands": dict(sorted(Counter(reply.hand for reply in replies).items())),
        "split": dict(Counter(reply.split for reply in replies)),
        "kind": dict(Counter(reply.kind for reply in replies)),
        "purchase_type": dict(Counter(reply.purchase_type for reply in replies)),
        "characters": {"mean": round(float(lengths.mean()), 1), "median": int(np.median(lengths)), "longest": int(lengths.max())},
        "primary": {leaf: sum(reply.primary == leaf for reply in replies) for leaf in PREDICTED_LEAVES},
        "secondary": {leaf: sum(leaf in reply.secondary for reply in replies) for leaf in PREDICTED_LEAVES},
        "alerts": {alert: sum(alert in reply.alerts for reply in replies) for alert in ALERTS},
        "traps": dict(Counter(trap for reply in replies for trap in reply.traps).most_common()),
        "decided_by": dict(Counter(reply.decided_by for reply in replies)),
        "text_shows_another_than_the_true_reason": round(sum(r.true_reason != r.primary for r in told) / max(1, len(told)), 4),
    }


# -- command --------------------------------------------------------------------------------------------------------------


def take(source: Path, folder: Path = CORPUS) -> int:
    """Copy raw files (``hands/``, ``second/``, ``third/``, ``corpus-seed.jsonl``) from where their writers left them."""
    taken = 0
    for part in ("hands", "second", "third"):
        for path in sorted((source / part).glob("*.jsonl")):
            (folder / part).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / part / path.name)
            taken += 1
    return taken


def _write_jsonl(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m voc.classifier.corpus", description="Compile the labelled replies.")
    parser.add_argument("--take", type=Path, metavar="DIR", help="copy raw files from DIR/hands, DIR/second, DIR/third first")
    parser.add_argument("--seed", type=Path, metavar="FILE", help="copy FILE as hands/seed.jsonl first")
    options = parser.parse_args(arguments)
    if options.take:
        take(options.take)
    if options.seed:
        shutil.copyfile(options.seed, CORPUS / "hands" / "seed.jsonl")
    kept = compile_corpus()
    counts = Counter(reply.split for reply in kept)
    print(f"{len(kept)} replies: {counts['train']} to train on, {counts['test']} to test with. See {CORPUS / 'agreement.json'}")  # noqa: T201


if __name__ == "__main__":
    main()
