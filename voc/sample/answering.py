"""What those who answer tick, write and add: pure, the words come from the corpus."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from voc.reasons.codebook import PREDICTED_LEAVES
from voc.sample.company import EXPERIENCE, FRANK, LEANING, POLITE, REASONS
from voc.sample.voices import Pool, Speaker, Voice
from voc.surveys.given import Given
from voc.surveys.questions import STATED

#: Reasons that a vague answer may hide, and that come out when it is asked once more.
_BEHIND_VAGUE = ("unused_stock", "price", "no_effect", "quality", "competitor", "life_change")


@dataclass(frozen=True, slots=True, kw_only=True)
class More:
    """The follow-up question and what became of it."""

    question: str
    asked_at: datetime
    answered_at: datetime | None
    skipped: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One answer."""

    voice: Voice
    text: str
    stated: str | None
    expectation: int | None
    more: More | None = None


def reasons(rng: Random, who: Speaker, *, risen: bool) -> list[str]:
    """The reason of somebody who leaves, and what it would be otherwise: an order by chance and weight."""
    leaning = LEANING[who.product]
    weights = {leaf: weight * leaning.get(leaf, 1.0) for leaf, weight in REASONS[who.purchase_type].items()}
    if risen:
        weights["price"] *= 1.7
    return sorted(PREDICTED_LEAVES, key=lambda leaf: rng.random() ** (1 / weights.get(leaf, 0.01)), reverse=True)


def answer(rng: Random, pool: Pool, who: Speaker, *, at: datetime, risen: bool) -> Said:
    """An answer of the survey: an option, words, a grade; after vague words the one question more."""
    voice = pool.draw(rng, who, reasons(rng, who, risen=risen))
    text = "" if rng.random() < (0.4 if voice.trivial else 0.06) else voice.text
    ticked = stated(rng, voice.leaf)
    question = Given(stated=ticked, text=text).question()
    more = None if question is None else _more(rng, pool, who, question, at)
    return Said(voice=voice, text=text, stated=ticked, expectation=expectation(rng, voice.leaf), more=more)


def note(rng: Random, pool: Pool, who: Speaker, *, risen: bool) -> Said:
    """What an operator wrote down, or what stands in an old list: words only."""
    voice = pool.draw(rng, who, reasons(rng, who, risen=risen))
    return Said(voice=voice, text=voice.text, stated=None, expectation=None)


def stated(rng: Random, leaf: str) -> str | None:
    """The option ticked (建前): the real one, or something polite, or none."""
    if rng.random() < 0.04:
        return None
    honest = [code for code, option in STATED.items() if leaf in option.leaves]
    if honest and rng.random() < FRANK.get(leaf, 0.5):
        return honest[0]
    return rng.choices(list(POLITE), list(POLITE.values()))[0]


def expectation(rng: Random, leaf: str) -> int | None:
    if rng.random() < 0.09:
        return None
    return rng.choices((1, 2, 3, 4, 5), EXPERIENCE[leaf])[0]


def _more(rng: Random, pool: Pool, who: Speaker, question: str, at: datetime) -> More:
    asked, lot = at + timedelta(seconds=2), rng.random()
    if lot < 0.45:
        words = pool.draw(rng, who, rng.sample(_BEHIND_VAGUE, len(_BEHIND_VAGUE))).text
        return More(
            question=question, asked_at=asked, answered_at=asked + timedelta(seconds=rng.uniform(20, 90)), skipped=False, text=words
        )
    return More(question=question, asked_at=asked, answered_at=None, skipped=lot < 0.75, text="")
