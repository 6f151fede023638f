"""Rules that hold for the whole application, whichever room a change is made in."""

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask.testing import FlaskClient

from voc import web
from voc.config import ROOT, VARIABLES
from voc.db import Database
from voc.reasons import codebook
from voc.schema import metadata
from voc.worker import HANDLERS, RECURRING


def test_every_route_declares_who_may_call_it(app: Flask) -> None:
    assert [rule.rule for rule in app.url_map.iter_rules() if web.level_of(app, rule.endpoint) is None] == []


def test_every_route_behind_log_in_sends_strangers_to_the_log_in(app: Flask) -> None:
    client = app.test_client()
    for rule in app.url_map.iter_rules():
        if web.level_of(app, rule.endpoint) == web.Access.PUBLIC or rule.arguments or "GET" not in (rule.methods or ()):
            continue
        answer = client.get(rule.rule)
        assert answer.status_code in (302, 401), rule.rule
        if answer.status_code == 302:
            assert "/login" in answer.headers["Location"], rule.rule


def test_migrations_make_exactly_the_tables(db: Database) -> None:
    with db.read_engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_read_session_cannot_write(db: Database) -> None:
    with db.reading() as session, pytest.raises(sa.exc.DBAPIError):
        session.execute(sa.text("DELETE FROM jobs"))


def test_every_recurring_job_has_a_handler() -> None:
    assert set(RECURRING) <= set(HANDLERS)


def test_every_job_that_is_asked_for_has_a_handler() -> None:
    import re

    asked = set()
    for path in (ROOT / "voc").rglob("*.py"):
        asked |= set(re.findall(r"enqueue\(\s*\w+(?:\(\))?,\s*\"([a-z_.]+)\"", path.read_text()))
    assert asked <= set(HANDLERS), asked - set(HANDLERS)


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    assert [name for name in VARIABLES if f"`{name}`" not in text] == []


def test_the_codebook_as_data_equals_the_codebook_as_prose() -> None:
    prose = (ROOT / "docs" / "codebook.md").read_text()
    for leaf in codebook.LEAVES.values():
        row = next(line for line in prose.splitlines() if line.startswith(f"| `{leaf.code}` |"))
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert (cells[1], cells[3], cells[4]) == (leaf.label, leaf.one_off, leaf.subscription)
    for group in codebook.GROUPS.values():
        assert f"`{group.code}` {group.label}" in prose
    for alert in codebook.ALERTS.values():
        assert f"| `{alert.code}` {alert.label} |" in prose


def test_no_page_asks_another_host() -> None:
    import re

    for path in (*(ROOT / "templates").rglob("*.html"), *(ROOT / "voc/static/css").glob("*.css"), *(ROOT / "voc/static/js").glob("*.js")):
        found = re.findall(r"(?:src|href|url\()=?[\"'(]?\s*(https?://[^\"')\s]+)", path.read_text())
        assert found == [], path


def test_no_template_styles_or_scripts_inline() -> None:
    import re

    for path in (ROOT / "templates").rglob("*.html"):
        if path.parent.name.startswith("email") or "email" in path.parts:
            continue
        found = re.findall(r"<[a-z][^>]*\s(?:style|on[a-z]+)=\"", path.read_text())
        assert found == [], path


@pytest.mark.parametrize(
    "path", ["/customers/{n}", "/reasons?product={n}", "/answers/new?invitation={n}", "/imports?page={n}", "/alerts?page={n}"]
)
@pytest.mark.parametrize("number", ["3000000000", "99999999999999999999"])
def test_a_number_beyond_every_database_is_no_fault_of_ours(as_admin: FlaskClient, path: str, number: str) -> None:
    assert as_admin.get(path.format(n=number)).status_code in (200, 404)
