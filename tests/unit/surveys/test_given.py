"""What a form says, and what it leads to."""

import pytest

from voc.errors import Refused
from voc.surveys.given import Given
from voc.surveys.questions import TEXT_KEPT


def test_it_takes_what_the_page_offers() -> None:
    given = Given.from_form({"stated": "price", "text": " 高い\r\n ", "expectation": "2"})
    assert (given.stated, given.text, given.expectation) == ("price", " 高い\r\n ", 2)


@pytest.mark.parametrize("form", [{}, {"stated": "<b>", "expectation": "6"}, {"stated": "", "text": "  \u3000", "expectation": "２"}])
def test_it_leaves_out_what_no_page_of_ours_offers(form: dict[str, str]) -> None:
    given = Given.from_form(form)
    assert given.stated is None
    assert given.expectation is None
    assert given.empty


def test_further_questions_are_taken_by_their_code() -> None:
    given = Given.from_form({"last_use": "先月です", "unknown": "x", "text": ""})
    assert given.extra == {"last_use": "先月です"}
    assert given.question() is None


def test_words_that_say_something_lead_to_no_question() -> None:
    assert Given(text="朝バタバタして飲み忘れる日が多くて、3袋たまっていました。").question() is None
    assert Given(text="特になし", stated="competitor").question() == "now_using"
    assert Given().question() == "last_use"


def test_a_draft_comes_back_as_it_was() -> None:
    given = Given(stated="price", text="\n書きかけ", expectation=4)
    assert Given.from_draft(given.draft) == given
    assert Given.from_draft(None).empty


def test_it_keeps_more_than_the_page_promises_and_refuses_only_what_is_beyond_sense() -> None:
    Given(text="あ" * TEXT_KEPT).check()
    with pytest.raises(Refused, match="20,001文字"):
        Given(text="あ" * (TEXT_KEPT + 1)).check()
