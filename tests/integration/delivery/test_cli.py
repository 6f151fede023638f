"""The way by command line: a campaign, its invitations, the mails on disk."""

import email
import email.policy
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests import factories as make
from voc.cli import main
from voc.clock import now
from voc.config import Settings
from voc.db import Database


@pytest.fixture(autouse=True)
def _environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOC_DATABASE_URL", settings.database_url.replace("+psycopg", ""))
    monkeypatch.setenv("VOC_INSTANCE_DIR", str(settings.instance_dir))
    monkeypatch.setenv("VOC_BASE_URL", "https://voc.example.co.jp")
    monkeypatch.setenv("VOC_MAIL_FROM", "voice@example.co.jp")


def voc(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def people(db: Database) -> None:
    with db.transaction() as session:
        shop = make.shop(session)
        product = make.product(session, shop=shop, code="AOJIRU-30")
        for _ in range(3):
            customer = make.customer(session, shop=shop)
            make.subscription(session, customer=customer, product=product, cancelled_at=now() - timedelta(days=5))
        make.order(session, customer=make.customer(session, shop=shop), product=product, at=now() - timedelta(days=45))


def test_from_a_campaign_to_mails_on_disk(db: Database, tmp_path: Path) -> None:
    people(db)
    added = voc("campaign", "add", "解約した方へ", "--type", "subscription", "--days", "3", "--channel", "mail", "--activate")
    assert (added.exit_code, added.output) == (0, "配信「解約した方へ」を始めました。\n")
    assert (
        voc("campaign", "add", "2回目がない方へ", "--type", "one_off", "--days", "10", "--product", "AOJIRU-30", "--activate").exit_code
        == 0
    )
    sent = voc("send")
    assert sent.exit_code == 0
    assert "解約した方へ: 依頼 3 件、送信待ちのメール 3 通" in sent.output
    assert "2回目がない方へ: 依頼 1 件、送信待ちのメール 1 通" in sent.output
    assert "依頼 0 件" in voc("send").output
    assert voc("worker", "--until-idle").exit_code == 0
    mails = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in (tmp_path / "outbox").glob("*.eml")]
    assert len(mails) == 4
    assert all("https://voc.example.co.jp/s/" in mail.get_body(("plain",)).get_content() for mail in mails)  # type: ignore[attr-defined]
    assert "asked 3" in voc("campaign", "list").output


def test_it_says_what_is_wrong_in_a_sentence_and_does_not_end_with_0(db: Database) -> None:
    assert "動いている配信がありません" in voc("send").output
    voc("campaign", "add", "x", "--type", "one_off", "--days", "10")
    for wrong in (
        ("x", "--type", "one_off", "--days", "10"),
        ("y", "--type", "one_off", "--days", "9999"),
        ("y", "--type", "one_off", "--days", "10", "--product", "NONE"),
        ("y", "--type", "one_off", "--days", "10", "--holdout", "90"),
    ):
        result = voc("campaign", "add", *wrong)
        assert result.exit_code == 2
        assert result.output.startswith("voc: ")
        assert result.output.endswith("。\n")
