"""How far two people agree who coded the same answers blind, and where they part."""

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from voc.i18n import gettext as _
from voc.readings.tables import Prediction
from voc.reasons import codebook
from voc.reviews import queries
from voc.reviews.queries import stands
from voc.reviews.tables import AuditDraw, AuditWave, Decision
from voc.surveys.tables import Answer

if TYPE_CHECKING:
    from voc.stats.agreement import Agreement as Coefficient

CODES = tuple(codebook.LEAVES)
ENOUGH = 30
"""Double codings under which no coefficient is shown: its interval would span nearly everything."""
EXAMPLES = 3
ENOUGH_OF_ONE = 5
"""Answers that anybody gave a reason, under which that reason has no coefficient of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One answer that was coded twice."""

    answer_id: int
    text: str
    purchase_type: str
    first: str
    second: str
    first_by: int
    second_by: int
    final: str | None
    weight: float = 1.0
    """Answers for which this one stands: those in which person and machine differ are all coded twice, of the others some."""

    @property
    def agree(self) -> bool:
        return self.first == self.second


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """Two reasons that were taken for each other."""

    one: str
    other: str
    times: int
    examples: tuple[Pair, ...]

    @property
    def example(self) -> Pair:
        return self.examples[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfReason:
    """How far one reason against all others is agreed on; ``times``: answers that anybody gave it."""

    times: int
    kappa: "Coefficient"
    alpha: "Coefficient"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What the page shows; coefficients are missing where they would claim too much."""

    pairs: list[Pair]
    names: dict[int, str]
    open: list[Pair]
    """Disagreements that nobody has judged yet."""
    confused: list[Confusion]
    kappa: "Coefficient | None" = None
    alpha: "Coefficient | None" = None
    by_reason: "dict[str, OfReason]"
    by_reviewers: "dict[tuple[int, int], Coefficient]"

    @property
    def weighted(self) -> bool:
        """Whether some answers were likelier to be coded twice than others, so that plain counts mislead."""
        return len({round(pair.weight, 6) for pair in self.pairs}) > 1

    @property
    def agreeing(self) -> int:
        return sum(pair.agree for pair in self.pairs)

    @property
    def missing(self) -> int:
        return max(0, ENOUGH - len(self.pairs))

    @property
    def finding(self) -> str:
        """The result in sentences that say no more than the interval's lower end allows."""
        same = _("二人の決定は、%(n)s件のうち%(same)s件で同じ理由でした。", n=f"{len(self.pairs):,}", same=f"{self.agreeing:,}")
        return f"{same}{self._judgement}"

    @property
    def _judgement(self) -> str:
        if self.kappa is None:
            return _("あと%(n)s件を二人で確認すると、一致度を幅とともに示せます。", n=self.missing)
        if self.kappa.low >= 0.8:
            return _("偶然を差し引いても、ほぼ同じ判断です。")
        if self.kappa.low >= 0.6:
            return _("偶然を差し引いても、かなり近い判断です。")
        if self.kappa.low >= 0.4:
            return _("判断の分かれる理由があります。下の組の決まりを、二人で読み合わせてください。")
        return _("判断がそろっているとは、まだ言えません。下の組の決まりを、二人で読み合わせてください。")


def pairs(session: Session) -> list[Pair]:
    """All answers with both codings, the newest first."""
    first, second, final = aliased(Decision), aliased(Decision), aliased(Decision)
    wave, read = aliased(AuditWave), aliased(Prediction)
    rows = session.execute(
        sa.select(
            Answer.id, Answer.text, Answer.purchase_type, first, second, final.primary_leaf, wave.double_share,
            sa.and_(wave.second_look, read.primary_leaf != first.primary_leaf),
        )
        .join(second, stands(second, Answer.id, "second"))
        .join(first, stands(first, Answer.id, "first"))
        .outerjoin(final, stands(final, Answer.id, "adjudication"))
        .outerjoin(AuditDraw, AuditDraw.answer_id == Answer.id)
        .outerjoin(wave, wave.name == AuditDraw.wave)
        .outerjoin(read, read.id == first.prediction_id)
        .order_by(second.decided_at.desc(), second.id.desc())
    )  # fmt: skip
    return [
        Pair(answer_id=answer_id, text=text, purchase_type=bought, first=one.primary_leaf, second=two.primary_leaf,
             first_by=one.reviewer_id or 0, second_by=two.reviewer_id or 0, final=judged,
             weight=1.0 if differs or not share else 1 / share)
        for answer_id, text, bought, one, two, judged, share, differs in rows
    ]  # fmt: skip


def look(session: Session) -> Agreement:
    found = pairs(session)
    still_open = [pair for pair in found if not pair.agree and pair.final is None]
    names = queries.names(session, {person for pair in found for person in (pair.first_by, pair.second_by)})
    enough = len(found) >= ENOUGH
    return Agreement(
        pairs=found,
        names=names,
        open=still_open,
        confused=_confused(found),
        kappa=_kappa(found) if enough else None,
        alpha=_alpha(found) if enough else None,
        by_reason=_by_reason(found) if enough else {},
        by_reviewers=_by_reviewers(found) if enough else {},
    )


def _kappa(found: list[Pair]) -> "Coefficient | None":
    from voc.stats import agreement

    return _defined(agreement.cohen_kappa(*_two(found), weight=[pair.weight for pair in found]))


def _two(found: list[Pair]) -> tuple[list[int], list[int]]:
    return [CODES.index(pair.first) for pair in found], [CODES.index(pair.second) for pair in found]


def _weights(found: list[Pair]) -> list[float]:
    """A decision each, in the order of ``_long``."""
    return [pair.weight for pair in found] * 2


def _long(found: list[Pair]) -> tuple[list[int], list[int], list[int]]:
    """Answers, reviewers and codes, a decision each, as the statistics want them."""
    rows = [(pair.answer_id, pair.first_by, CODES.index(pair.first)) for pair in found]
    # People who have left are all known as 0: told apart, so that nobody stands twice on an answer.
    rows += [(pair.answer_id, pair.second_by or 1_000_000, CODES.index(pair.second)) for pair in found]
    return [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]


def _alpha(found: list[Pair]) -> "Coefficient | None":
    from voc.stats import agreement

    return _defined(agreement.krippendorff_alpha(*_long(found), weight=_weights(found)))


def _by_reason(found: list[Pair]) -> dict[str, OfReason]:
    from voc.stats import agreement

    given = Counter(leaf for pair in found for leaf in {pair.first, pair.second})
    kappas = agreement.kappa_by_code(*_two(found), weight=[pair.weight for pair in found])
    alphas = agreement.alpha_by_code(*_long(found), weight=_weights(found))
    return {
        leaf: OfReason(times=given[leaf], kappa=kappas[place], alpha=alphas[place])
        for place, leaf in enumerate(CODES)
        if given[leaf] >= ENOUGH_OF_ONE and _defined(kappas[place]) and _defined(alphas[place])
    }


def _by_reviewers(found: list[Pair]) -> "dict[tuple[int, int], Coefficient]":
    from voc.stats import agreement

    kappas = agreement.kappa_by_pair(*_long(found), weight=_weights(found))
    return {people: kappa for people, kappa in kappas.items() if kappa.units >= ENOUGH and _defined(kappa)}


def _defined(coefficient: "Coefficient") -> "Coefficient | None":
    return None if math.isnan(coefficient.value) else coefficient


def _confused(found: list[Pair], *, most: int = 5) -> list[Confusion]:
    apart = [pair for pair in found if not pair.agree]
    kinds = {pair.answer_id: tuple(sorted((pair.first, pair.second), key=CODES.index)) for pair in apart}
    counted = Counter(kinds.values())
    examples: dict[tuple[str, ...], list[Pair]] = {}
    for pair in apart:
        examples.setdefault(kinds[pair.answer_id], []).append(pair)
    return [
        Confusion(one=kind[0], other=kind[1], times=times, examples=tuple(examples[kind][:EXAMPLES]))
        for kind, times in counted.most_common(most)
    ]
