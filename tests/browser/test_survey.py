"""The survey as a customer meets it: on a phone, with script and without, with large text, with the keyboard alone."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from tests.browser.audit import faults
from tests.browser.running import DESK, PHONE, Site
from voc.campaigns.tables import Campaign, Invitation
from voc.readings.tables import Prediction
from voc.surveys.tables import Answer, Draft, FollowUp

Visitor = Callable[..., Page]


@pytest.fixture
def token(site: Site) -> str:
    """A link that nobody has answered yet: each test its own."""
    return site.open_tokens(1)[0]


def answer(site: Site, token: str) -> Answer:
    with site.db.reading() as session:
        return session.scalars(
            sa.select(Answer).join(Invitation, Invitation.id == Answer.invitation_id).where(Invitation.token == token)
        ).one()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_it_is_answered_on_a_phone_and_read(site: Site, visitor: Visitor, token: str, script: bool) -> None:
    page = visitor(size=PHONE, script=script)
    page.goto(f"/s/{token}")
    page.get_by_label("値段が高い").check()
    words = "年金暮らしには、毎月の四千円が重くなってきました。"
    page.get_by_role("textbox").fill(words)
    page.get_by_role("radio", name="やや下だった").check()
    page.get_by_role("button", name="送信する").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("ありがとうございました")
    taken = answer(site, token)
    assert (taken.stated, taken.text, taken.expectation) == ("price", words, 2)
    site.work()
    assert site.scalar(sa.select(Prediction.primary_leaf).where(Prediction.answer_id == taken.id, Prediction.current)) is not None


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_vague_words_bring_one_question_more_which_may_be_left_out(site: Site, visitor: Visitor, token: str, script: bool) -> None:
    page = visitor(size=PHONE, script=script)
    page.goto(f"/s/{token}")
    page.get_by_role("textbox").fill("なんとなく")
    page.get_by_role("button", name="送信する").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("もうひとつだけ")
    if script:
        page.wait_for_load_state()
        assert faults(page, touch=44) == []
    page.get_by_role("textbox").fill("三か月続けましたが、変わりませんでした")
    page.get_by_role("button", name="送信する").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("ありがとうございました")
    more = site.scalar(sa.select(FollowUp.text).where(FollowUp.answer_id == answer(site, token).id))
    assert more == "三か月続けましたが、変わりませんでした"


def test_the_question_more_can_be_skipped(site: Site, visitor: Visitor, token: str) -> None:
    page = visitor(size=PHONE)
    page.goto(f"/s/{token}")
    page.get_by_role("button", name="送信する").click()
    page.get_by_role("button", name="答えずに終わる").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("ありがとうございました")


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["390", "1280"])
def test_it_can_be_seen_and_operated(visitor: Visitor, token: str, size: tuple[int, int]) -> None:
    page = visitor(size=size)
    page.goto(f"/s/{token}")
    assert faults(page, touch=44) == []


@pytest.mark.parametrize("path", ["/s/{token}", "/s/nobody-has-this-one", "/u/nobody-has-this-one"])
def test_text_of_double_size_needs_no_sideways_scrolling(visitor: Visitor, token: str, path: str) -> None:
    page = visitor(size=PHONE, watch=("404",))
    page.goto(path.format(token=token))
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 1


def test_it_is_answered_by_keyboard_alone(site: Site, visitor: Visitor, token: str) -> None:
    page = visitor(size=DESK)
    page.goto(f"/s/{token}")
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.name") != "stated":
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("子どもが生まれて、飲む時間がなくなりました")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("ありがとうございました")
    assert answer(site, token).text == "子どもが生まれて、飲む時間がなくなりました"


def test_what_is_half_written_is_kept(site: Site, visitor: Visitor, token: str) -> None:
    page = visitor(size=PHONE)
    page.goto(f"/s/{token}")
    page.get_by_role("textbox").fill("書きかけです")
    page.get_by_text("書きかけを保存しました").wait_for()
    assert site.scalar(sa.select(sa.func.count()).select_from(Draft).join(Invitation).where(Invitation.token == token)) == 1
    again = visitor(size=PHONE)
    again.goto(f"/s/{token}")
    assert again.get_by_role("textbox").input_value() == "書きかけです"


def test_words_that_cannot_leave_stay_on_the_screen_and_are_sent_later(site: Site, visitor: Visitor, token: str) -> None:
    page = visitor(size=PHONE, watch=("ERR_INTERNET_DISCONNECTED",))
    page.goto(f"/s/{token}")
    words = "肌に合わず、\n途中でやめました"
    page.get_by_role("textbox").fill(words)
    page.context.set_offline(True)
    page.get_by_role("button", name="送信する").click()
    expect(page.get_by_role("alert")).to_contain_text("まだ送れていません")
    assert page.get_by_role("textbox").input_value() == words
    page.context.set_offline(False)
    page.get_by_role("button", name="送信する").dblclick()
    expect(page.get_by_role("heading", level=1)).to_contain_text("ありがとうございました")
    assert answer(site, token).text == words.replace("\n", "\r\n")  # as browsers send a form


def test_the_question_more_keeps_its_words_too(site: Site, visitor: Visitor, token: str) -> None:
    page = visitor(size=PHONE, watch=("ERR_INTERNET_DISCONNECTED",))
    page.goto(f"/s/{token}")
    page.get_by_role("button", name="送信する").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("もうひとつだけ")
    page.get_by_role("textbox").fill("飲みきれませんでした")
    page.context.set_offline(True)
    page.get_by_role("button", name="送信する").click()
    expect(page.get_by_role("alert")).to_contain_text("まだ送れていません")
    page.context.set_offline(False)
    page.get_by_role("button", name="送信する").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("ありがとうございました")
    assert site.scalar(sa.select(FollowUp.text).where(FollowUp.answer_id == answer(site, token).id)) == "飲みきれませんでした"


def test_looking_counts_as_seen_only_on_a_screen(site: Site, visitor: Visitor, token: str) -> None:
    shown = sa.select(Invitation.shown_at).where(Invitation.token == token)
    before = site.scalar(shown)
    visitor(size=PHONE, script=False).goto(f"/s/{token}")  # as a mail program fetches a link
    assert site.scalar(shown) == before
    page = visitor(size=PHONE)
    with page.expect_response(lambda response: response.url.endswith("/seen")):
        page.goto(f"/s/{token}")
    assert site.scalar(shown) is not None


def test_it_is_small_and_brings_no_cookie(visitor: Visitor, token: str) -> None:
    page = visitor(size=PHONE)
    sizes: list[int] = []
    page.on("response", lambda response: sizes.append(len(response.body())) if response.ok and response.request.method == "GET" else None)
    page.goto(f"/s/{token}", wait_until="networkidle")
    assert sum(sizes) < 20_000
    assert page.context.cookies() == []


@pytest.mark.parametrize("state", ["answered", "closed"])
def test_a_link_that_is_over_says_so_kindly(site: Site, visitor: Visitor, state: str) -> None:
    wanted = sa.select(Invitation.token).join(Campaign)
    if state == "answered":
        wanted = wanted.where(Invitation.answered_at.is_not(None), Campaign.status == "active")
    else:
        wanted = wanted.where(Invitation.answered_at.is_(None), Campaign.status == "closed", Invitation.held_out.is_(False))
    page = visitor(size=PHONE, watch=("410",))
    opened = page.goto(f"/s/{site.scalar(wanted.limit(1))}")
    assert opened is not None
    assert opened.status == 410
    assert faults(page, touch=44) == []


def test_unsubscribing_takes_one_press(site: Site, visitor: Visitor) -> None:
    from voc.customers.tables import Customer, Suppression

    with site.db.reading() as session:
        left = sa.select(Suppression.address)
        customer = session.scalars(sa.select(Customer).where(Customer.email.is_not(None), Customer.email.not_in(left)).limit(1)).one()
    page = visitor(size=PHONE)
    page.goto(f"/u/{customer.opt_out_token}")
    assert faults(page, touch=44) == []
    page.get_by_role("button").first.click()
    page.wait_for_load_state()
    assert site.scalar(sa.select(sa.func.count()).select_from(Suppression).where(Suppression.address == customer.email)) == 1
