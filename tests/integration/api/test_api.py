"""Data for other programs: what is described is what is answered, and nobody reads it without a right to."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests import factories
from voc.api import tokens
from voc.db import Database
from voc.reviews.tables import Decision


@pytest.fixture
def bearer(db: Database) -> dict[str, str]:
    with db.transaction() as session:
        return {"Authorization": f"Bearer {tokens.make(session, '社内ダッシュボード', by=None, by_name='管理者')}"}


def some_replies(session: Session) -> None:
    product = factories.product(session, shop=factories.shop(session))
    for number in range(5):
        answer = factories.answer(session, f"値段が高い {number} 090-0000-1234", product_id=product.id, stated="price", expectation=3)
        factories.prediction(session, answer=answer, primary_leaf="price" if number else "no_effect")
    factories.answer(session, "まだ読まれていない")
    session.add(Decision(answer_id=answer.id, stream="hard", primary_leaf="quality"))
    session.flush()


def resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    return document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema


def fits(document: dict[str, Any], schema: dict[str, Any], value: Any) -> bool:
    """Enough of JSON Schema for our own document."""
    schema = resolve(document, schema)
    if "oneOf" in schema:
        return sum(fits(document, one, value) for one in schema["oneOf"]) == 1
    if "enum" in schema and value not in schema["enum"]:
        return False
    kinds = schema.get("type", [])
    named = {"null": value is None, "string": isinstance(value, str), "boolean": isinstance(value, bool), "object": isinstance(value, dict),
             "array": isinstance(value, list), "integer": isinstance(value, int) and not isinstance(value, bool),
             "number": isinstance(value, int | float) and not isinstance(value, bool)}  # fmt: skip
    if kinds and not any(named[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds)):
        return False
    if isinstance(value, dict):
        inner = schema.get("properties", {})
        return set(schema.get("required", ())) <= set(value) and all(fits(document, inner[k], v) for k, v in value.items() if k in inner)
    if isinstance(value, list):
        return all(fits(document, schema.get("items", {}), item) for item in value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return schema.get("minimum", value) <= value <= schema.get("maximum", value)
    return True


@pytest.mark.parametrize("path", ["/api/v1/breakdown", "/api/v1/breakdown?by=month", "/api/v1/replies", "/api/v1/replies?limit=2"])
def test_it_answers_what_is_described(client: FlaskClient, db: Database, bearer: dict[str, str], path: str) -> None:
    with db.transaction() as session:
        some_replies(session)
    document = client.get("/api/v1/openapi.json").get_json()
    assert document["openapi"] == "3.1.0"
    answer = client.get(path, headers=bearer)
    assert answer.status_code == 200, answer.text
    described = document["paths"][path.split("?", maxsplit=1)[0]]["get"]
    assert fits(document, described["responses"]["200"]["content"]["application/json"]["schema"], answer.get_json())


def test_every_described_path_is_there_and_the_other_way_round(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").get_json()
    routes = {rule.rule for rule in client.application.url_map.iter_rules() if rule.rule.startswith("/api/")}
    assert routes == set(document["paths"])


def test_replies_come_in_pages_masked_and_with_the_real_reason(client: FlaskClient, db: Database, bearer: dict[str, str]) -> None:
    with db.transaction() as session:
        some_replies(session)
    found, after = [], 0
    while after is not None:
        page = client.get(f"/api/v1/replies?limit=4&after={after}", headers=bearer).get_json()
        found += page["replies"]
        after = page["next"]
    assert len(found) == 6
    assert "090" not in found[0]["text"]
    assert "〔電話番号〕" in found[0]["text"]
    assert found[0]["real"] == {"leaf": "no_effect", "group": "no_effect", "decided_by": "prediction", "confidence": 0.7}
    assert found[4]["real"]["leaf"] == "quality"
    assert found[4]["real"]["decided_by"] == "decision"
    assert found[5]["real"] is None
    only = client.get("/api/v1/replies?leaf=price", headers=bearer).get_json()["replies"]
    assert {reply["real"]["leaf"] for reply in only} == {"price"}
    grouped = client.get("/api/v1/replies?group=dissatisfaction", headers=bearer).get_json()["replies"]
    assert {reply["real"]["leaf"] for reply in grouped} == {"quality"}


def test_the_breakdown_is_that_of_the_page(client: FlaskClient, db: Database, bearer: dict[str, str]) -> None:
    with db.transaction() as session:
        some_replies(session)
    found = client.get("/api/v1/breakdown", headers=bearer).get_json()
    counts = {line["group"]: line["raw_count"] for line in found["groups"]}
    assert counts["no_effect"] == 1
    assert counts["dissatisfaction"] == 1
    assert found["reviewed"] == 1


@pytest.mark.parametrize(
    "query", ["from=gestern", "type=x", "by=colour", "limit=0", "limit=501", "leaf=x", "product=a", "form=2026-11-01", "after=x"]
)
def test_a_wrong_parameter_is_told(client: FlaskClient, bearer: dict[str, str], query: str) -> None:
    path = "breakdown" if query.startswith("by") else "replies"
    answer = client.get(f"/api/v1/{path}?{query}", headers=bearer)
    assert answer.status_code == 422
    assert query.split("=", maxsplit=1)[0] in answer.get_json()["message"]


def test_strangers_and_staff_read_nothing(client: FlaskClient, bearer: dict[str, str], log_in: Callable[[str], FlaskClient]) -> None:
    stranger = client.get("/api/v1/replies")
    assert stranger.status_code == 401
    assert "Authorization: Bearer" in stranger.get_json()["message"]  # a program has no log-in that ran out
    assert client.get("/api/v1/replies", headers={"Authorization": "Bearer voc_wrong"}).status_code == 401
    assert client.get("/api/v1/replies", headers={"Authorization": "Basic dm9jOng="}).status_code == 401
    assert client.get("/users", headers=bearer).status_code == 302  # a token opens no page
    assert log_in("staff").get("/api/v1/replies").status_code == 403
    assert log_in("manager").get("/api/v1/replies").status_code == 200


def test_an_administrator_makes_a_token_sees_it_once_and_revokes_it(as_admin: FlaskClient, client: FlaskClient, db: Database) -> None:
    page = as_admin.post("/settings/api", data={"name": "BI ツール"}).text
    secret = page.split('id="secret" value="')[1].split('"')[0]
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/v1/replies", headers=headers).status_code == 200
    assert secret not in as_admin.get("/settings/api").text
    with db.reading() as session:
        stored = tokens.tokens(session)[0]
    assert secret not in str(stored)
    assert as_admin.post(f"/settings/api/{stored.id}/revoke").status_code == 302
    assert client.get("/api/v1/replies", headers=headers).status_code == 401
    assert as_admin.post(f"/settings/api/{stored.id}/revoke").status_code == 404


def test_two_tokens_have_two_names(as_admin: FlaskClient) -> None:
    as_admin.post("/settings/api", data={"name": "BI"})
    assert "もうあります" in as_admin.post("/settings/api", data={"name": "BI"}).text
    assert "入れてください" in as_admin.post("/settings/api", data={"name": " "}).text
