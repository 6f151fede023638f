"""What somebody filled in: read from a form or a draft, checked, and the question it leads to. No database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from voc.classifier.vague import is_vague
from voc.errors import Refused
from voc.surveys.questions import EXPECTATION, FOLLOW_UPS, STATED, TEXT_KEPT, follow_up_for, length

_EXPECTATIONS = {str(value): value for value in EXPECTATION}


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The answers to the three questions; each may be missing."""

    stated: str | None = None
    text: str = ""
    expectation: int | None = None
    extra: dict[str, str] = field(default_factory=dict)
    """Answers to further questions, by their code."""

    @classmethod
    def from_form(cls, form: Mapping[str, str]) -> "Given":
        """What a form says. A value that no page of ours offers counts as not given: nobody is sent back for it."""
        stated, expectation = form.get("stated", "").strip(), form.get("expectation", "").strip()
        return cls(
            stated=stated if stated in STATED else None,
            text=form.get("text", ""),
            expectation=_EXPECTATIONS.get(expectation),
            extra={code: form[code] for code in FOLLOW_UPS if form.get(code, "").strip()},
        )

    @classmethod
    def from_draft(cls, fields: Mapping[str, Any] | None) -> "Given":
        kept = fields or {}
        return cls(stated=kept.get("stated"), text=kept.get("text", ""), expectation=kept.get("expectation"))

    @property
    def draft(self) -> dict[str, Any]:
        return {"stated": self.stated, "text": self.text, "expectation": self.expectation}

    @property
    def empty(self) -> bool:
        return not (self.stated or self.expectation or self.text.strip() or self.extra)

    def question(self) -> str | None:
        """The follow-up question that this answer leads to: none where the words say something already."""
        if self.extra or (self.text.strip() and not is_vague(self.text)):
            return None
        return follow_up_for(self.stated, self.text)

    def check(self) -> None:
        """Refuse what is too long to be kept whole."""
        for words in (self.text, *self.extra.values()):
            if length(words) > TEXT_KEPT:
                raise Refused(
                    f"文章が{length(words):,}文字あり、一度にお受けできる{TEXT_KEPT:,}文字を超えています。"
                    "お書きいただいたものは下に残っています。短くしてから、もう一度お送りください。"
                )
