"""The description of the interface, OpenAPI 3.1. A test holds it against what the routes answer."""

from typing import Any

from voc.api.asked import MAX_LIMIT
from voc.reasons import codebook
from voc.replies.selection import CUTS, WAYS
from voc.reviews.queries import ADJUDICATION, DECISION, PREDICTION
from voc.surveys.questions import STATED
from voc.surveys.tables import SOURCES

Schema = dict[str, Any]


def document(base_url: str) -> Schema:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "voc",
            "version": "1",
            "description": (
                "Why customers stopped buying, as data. Read only. Personal data in customers' words is masked. "
                f"Codes are those of codebook {codebook.VERSION}."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base_url}],
        "security": [{"token": []}],
        "paths": {
            "/api/v1/breakdown": {"get": _breakdown()},
            "/api/v1/replies": {"get": _replies()},
            "/api/v1/openapi.json": {
                "get": {"operationId": "description", "summary": "This description", "security": [], "responses": {"200": _json("The description", {"type": "object"})}}
            },
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "Made by an administrator under 設定 → API"}},
            "schemas": {"Error": ERROR, "Reply": REPLY, "Page": PAGE, "Line": LINE, "Breakdown": BREAKDOWN},
        },
    }  # fmt: skip


def _object(required: list[str] | None = None, **properties: Schema) -> Schema:
    return {"type": "object", "required": required if required is not None else list(properties), "properties": properties}


def _or_null(kind: str, **more: Any) -> Schema:
    return {"type": [kind, "null"], **more}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(words: str, schema: Schema) -> Schema:
    return {"description": words, "content": {"application/json": {"schema": schema}}}


def _parameter(name: str, words: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "required": False, "description": words, "schema": schema}


_FILTERS = [
    _parameter("from", "First day, of Japan", {"type": "string", "format": "date"}),
    _parameter("to", "Last day, of Japan", {"type": "string", "format": "date"}),
    _parameter("type", "Way of buying", {"enum": list(codebook.PURCHASE_TYPES)}),
    _parameter("product", "Product's id", {"type": "integer"}),
    _parameter("campaign", "Campaign's id", {"type": "integer"}),
    _parameter("channel", "How the reply came about", {"enum": list(WAYS)}),
]
_FAILURES = {
    "401": _json("No token, or one that is not valid", _ref("Error")),
    "403": _json("A log-in without the right to read reports", _ref("Error")),
    "422": _json("A parameter that cannot be read; the message says which", _ref("Error")),
}


def _breakdown() -> Schema:
    return {
        "operationId": "breakdown",
        "summary": "Shares of the reasons: counted, and corrected by what people reviewed",
        "parameters": [*_FILTERS, _parameter("by", "Cut into parts", {"enum": list(CUTS)})],
        "responses": {"200": _json("The breakdown", _ref("Breakdown")), **_FAILURES},
    }


def _replies() -> Schema:
    more = [
        _parameter("leaf", "Real reason", {"enum": list(codebook.LEAVES)}),
        _parameter("group", "Group of the real reason", {"enum": list(codebook.GROUPS)}),
        _parameter("after", "`next` of the page before", {"type": "integer", "default": 0}),
        _parameter("limit", "Replies a page", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": 100}),
    ]
    return {
        "operationId": "replies",
        "summary": "Replies with the reason given and the real one",
        "parameters": [*_FILTERS, *more],
        "responses": {"200": _json("A page of replies, by id", _ref("Page")), **_FAILURES},
    }


ERROR = _object(error={"type": "string"}, message={"type": "string", "description": "What to do, in Japanese"})
REPLY = _object(
    id={"type": "integer"},
    answered_at={"type": "string", "format": "date-time"},
    source={"enum": list(SOURCES)},
    purchase_type={"enum": list(codebook.PURCHASE_TYPES)},
    product={"oneOf": [{"type": "null"}, _object(code={"type": "string"}, name={"type": "string"})]},
    stated={"description": "The option ticked (建前)", "enum": [None, *STATED]},
    expectation=_or_null("integer", minimum=1, maximum=5),
    text={"type": "string", "description": "Masked"},
    follow_up=_or_null("string", description="Answer to the one further question, masked"),
    real={
        "description": "The real reason (ホンネ); null where nothing has been read yet",
        "oneOf": [
            {"type": "null"},
            _object(
                leaf={"enum": list(codebook.LEAVES)},
                group={"enum": list(codebook.GROUPS)},
                decided_by={"enum": [ADJUDICATION, DECISION, PREDICTION]},
                confidence=_or_null("number", minimum=0, maximum=1),
            ),
        ],
    },
    alerts={"type": "array", "items": {"enum": list(codebook.ALERTS)}},
)
PAGE = _object(replies={"type": "array", "items": _ref("Reply")}, next=_or_null("integer"))
_SHARE = {"type": "number", "minimum": 0, "maximum": 1}
_SHARE_OR_NULL = _or_null("number", minimum=0, maximum=1)
LINE = _object(
    label={"type": "string"},
    raw_count={"type": "integer", "description": "Decided by a person, else as the machine read it"},
    raw_share=_SHARE,
    machine_count={"type": "integer"},
    corrected_share=_SHARE_OR_NULL | {"description": "null where too little has been reviewed to claim anything"},
    low=_SHARE_OR_NULL,
    high=_SHARE_OR_NULL,
    reviewed={"type": "integer"},
    claimable={"type": "boolean"},
    missing={"type": "integer", "description": "Further reviews after which the share can probably be shown"},
)
LINE["properties"] |= {
    "group": {"enum": list(codebook.GROUPS)},
    "leaf": {"enum": list(codebook.LEAVES)},
    "leaves": {"type": "array", "items": _ref("Line")},
}
BREAKDOWN = _object(
    generated_at={"type": "string", "format": "date-time"},
    by=_or_null("string"),
    asked=_or_null("integer"),
    answered=_or_null("integer"),
    replies={"type": "integer"},
    unread={"type": "integer"},
    reviewed={"type": "integer"},
    method={"type": "string"},
    model_version={"type": "string"},
    codebook_version={"type": "string"},
    missed_harm={
        "description": "Reports of bodily harm among the replies that the machine did not flag; null before any of these was reviewed at random",
        "oneOf": [
            {"type": "null"},
            _object(
                unflagged={"type": "integer"},
                reviewed={"type": "integer", "description": "Of these, drawn at random and read by a person"},
                found={"type": "integer", "description": "Of these, reports"},
                estimate={"type": "number", "description": "Reports among all unflagged replies, the found ones included"},
                low={"type": "number"},
                high={"type": "number"},
                unseen={"type": "number", "description": "Those that nobody has seen yet"},
                unseen_low={"type": "number"},
                unseen_high={"type": "number"},
                exact={"type": "boolean", "description": "Hypergeometric interval; else that of Fay and Feuer"},
            ),
        ],
    },
    groups={"type": "array", "items": _ref("Line")},
    segments={"type": "array", "items": {"type": "object"}},
)
BREAKDOWN["properties"] |= {"from": _or_null("string", format="date"), "to": _or_null("string", format="date")}
