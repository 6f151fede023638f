"""Pages that need a state which the sample does not have: letters to print, reminders, a survey on trial."""

import email
import email.policy
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from tests import factories as make
from tests.browser.audit import faults
from tests.browser.running import DESK, PHONE, Site
from voc.campaigns.rules import Rule
from voc.campaigns.tables import Campaign, Invitation
from voc.clock import now
from voc.customers.tables import Customer, Product
from voc.delivery.tables import Message

StaffPage = Callable[..., Page]
BOTH = pytest.mark.parametrize("size", [PHONE, DESK], ids=["390", "1280"])


def touch(size: tuple[int, int]) -> int:
    return 44 if size == PHONE else 0


def campaign(site: Site, name: str, *, channel: str, **values: object) -> int:
    """A campaign that has asked ten customers, or is about to; made once for both widths."""
    with site.db.transaction() as session:
        there = session.scalar(sa.select(Campaign.id).where(Campaign.name == name))
        if there is not None:
            return there
        made = make.campaign(session, name=name, channel=channel, activated_at=now(), **values)
        product = session.scalars(sa.select(Product)).first()
        asked = None if channel == "paper" else now() - timedelta(days=6)
        for customer in session.scalars(
            sa.select(Customer).where(Customer.postal_address.is_not(None), Customer.email.is_not(None)).limit(10)
        ):
            invitation = make.invitation(
                session, customer=customer, campaign=made, channel=channel, asked_at=asked, product_id=product.id if product else None
            )
            if channel == "mail":
                session.add(_mail(invitation, customer))
        return made.id


def _mail(invitation: Invitation, customer: Customer) -> Message:
    return Message(
        invitation_id=invitation.id, channel="mail", address=customer.email, message_id=f"<{invitation.token}@example.co.jp>",
        status="sent", sent_at=invitation.asked_at,
    )  # fmt: skip


@BOTH
@pytest.mark.parametrize("form", ["letters", "labels"])
def test_letters_and_cards_to_print(site: Site, staff_page: StaffPage, size: tuple[int, int], form: str) -> None:
    page = staff_page("manager", size=size)
    page.goto(f"/campaigns/{campaign(site, 'はがきで', channel='paper')}/letters?form={form}")
    expect(page.locator(".sheets svg").first).to_be_attached()
    assert page.locator(".sheets article").count() == 10
    assert faults(page, touch=touch(size)) == []
    if size == DESK:  # only the sheets are printed: a letter a page, eight cards a page
        assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) == (10 if form == "letters" else 2)


@BOTH
def test_reminders_on_a_campaigns_page_and_in_its_form(site: Site, staff_page: StaffPage, size: tuple[int, int]) -> None:
    rule = Rule(wait_days=3, remind_days=5).to_json()
    campaign_id = campaign(site, "一度だけもう一度", channel="mail", rule=rule)
    page = staff_page("manager", size=size)
    page.goto(f"/campaigns/{campaign_id}")
    expect(page.get_by_role("heading", name="再度のお願い")).to_be_visible()
    assert faults(page, touch=touch(size)) == []
    page.goto(f"/campaigns/{campaign_id}/edit")
    expect(page.get_by_text("人に順に送ります")).to_be_visible()
    page.get_by_label("何日後にもう一度").fill("20")
    expect(page.get_by_text("いま対象になる方はいません")).to_be_visible()
    assert faults(page, touch=touch(size)) == []
    page.goto(f"/campaigns/{campaign_id}/preview?reminder=1")
    expect(page.get_by_text("(再度のお願い)").first).to_be_visible()
    assert faults(page, touch=touch(size)) == []


@BOTH
def test_a_mail_to_oneself_and_its_survey(site: Site, staff_page: StaffPage, size: tuple[int, int]) -> None:
    page = staff_page("manager", size=size)
    page.goto(f"/campaigns/{campaign(site, 'ためしに', channel='mail')}")
    page.get_by_role("button", name="自分に試しに送る").click()
    expect(page.get_by_role("status").first).to_contain_text("何も記録されません")
    newest = max((site.settings.instance_dir / "outbox").glob("*.eml"), key=lambda path: path.stat().st_mtime)
    page.goto(_survey_of(newest))
    assert faults(page, touch=touch(size)) == []
    page.get_by_role("textbox").fill("なんとなく")
    page.get_by_role("button", name="送信する").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("もうひとつだけ")
    page.get_by_role("button", name="答えずに終わる").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("ありがとうございました")
    assert faults(page, touch=touch(size)) == []


def _survey_of(path: Path) -> str:
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    return re.findall(r"(/s/\S+)", str(mail.get_body(("plain",)).get_content()))[0]  # type: ignore[attr-defined]
