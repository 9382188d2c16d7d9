"""The OpenAPI description is true: requests it allows are taken, answers are as it says, addresses are all there."""

import re
from datetime import datetime
from uuid import UUID

import pytest
from django.urls import get_resolver

from midun.evidence.api import bodies
from midun.evidence.api.description import description
from midun.evidence.tags import tag_of
from tests.evidence.conftest import commitments
from tests.evidence.test_api import MANY, ONE, post

TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None)}
FORMATS = {"uuid": UUID, "date-time": datetime.fromisoformat}


def problems(schema, value, where="$"):
    """What is wrong with a value by the parts of JSON Schema that the description uses."""
    if "$ref" in schema:
        yield from problems(description()["components"]["schemas"][schema["$ref"].rpartition("/")[2]], value, where)
        return
    if "oneOf" in schema:
        fitting = [one for one in schema["oneOf"] if not list(problems(one, value))]
        if len(fitting) != 1:
            yield f"{where}: {len(fitting)} of the alternatives fit"
        return
    types = schema.get("type", [])
    types = types if isinstance(types, list) else [types]
    if types and not any(
        isinstance(value, TYPES[one]) and (one == "boolean") == isinstance(value, bool) for one in types
    ):
        yield f"{where}: not {types}"
        return
    yield from of_a_value(schema, value, where)
    for number, item in enumerate(value if isinstance(value, list) else []):
        yield from problems(schema["items"], item, f"{where}[{number}]")
    if isinstance(value, dict):
        yield from (f"{where}: lacks {name}" for name in schema["required"] if name not in value)
        yield from (f"{where}: knows no {name}" for name in value if name not in schema["properties"])
        for name in set(value) & set(schema["properties"]):
            yield from problems(schema["properties"][name], value[name], f"{where}.{name}")


def of_a_value(schema, value, where):
    if value != schema.get("const", value) or value not in schema.get("enum", [value]):
        yield f"{where}: another value"
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        yield f"{where}: pattern"
    if isinstance(value, str) and "format" in schema:
        FORMATS[schema["format"]](value)
    if isinstance(value, int) and value < schema.get("minimum", value):
        yield f"{where}: minimum"


def response(answer, path, method="post"):
    """The answer is one of those described for the address, and fits its schema."""
    described = description()["paths"][path][method]["responses"]
    found = described[str(answer.status_code)]
    assert list(problems(found["content"]["application/json"]["schema"], answer.json())) == []
    assert ("Retry-After" in found.get("headers", {})) == ("Retry-After" in answer.headers)
    return answer.status_code


def test_answers_are_as_described(engine, client, bearer):
    wanted = commitments()
    schema = description()["components"]["schemas"]["Deposit"]
    assert list(problems(schema, wanted)) == []
    first = post(client, ONE, wanted, bearer)
    unit = b"\x02" + bytes.fromhex(wanted["sm3"] + wanted["sha256"])
    answers = [
        (first, ONE, 201),
        (post(client, ONE, wanted, bearer), ONE, 200),
        (post(client, ONE, wanted, {}), ONE, 401),
        (post(client, ONE, b"{", bearer), ONE, 400),
        (post(client, ONE, {**wanted, "kind": 4}, bearer), ONE, 422),
        (post(client, ONE, b" " * 5000, bearer), ONE, 413),
        (post(client, MANY, {"deposits": [commitments()]}, bearer), MANY, 201),
        (post(client, MANY, unit, bearer, bodies.BINARY), MANY, 201),
        (post(client, MANY, unit, bearer, bodies.BINARY), MANY, 200),
        (post(client, MANY, unit[:-1], bearer, bodies.BINARY), MANY, 400),
    ]
    assert [response(answer, path) for answer, path, _ in answers] == [status for *_, status in answers]
    got = client.get(f"{ONE}/{first.json()['deposit']}", headers=bearer)
    missing = client.get(f"{ONE}/01020304-0506-8070-8000-010000000005", headers=bearer)
    assert [response(answer, ONE + "/{id}", "get") for answer in (got, missing)] == [200, 404]


def test_a_stopped_log_is_described(log, client, bearer):
    assert response(post(client, ONE, commitments(), bearer), ONE) == 503


@pytest.mark.django_db
def test_every_address_is_described(client):
    served = client.get("/api/v1/openapi.json").json()
    assert served == description()
    found = {
        "/" + str(entry.pattern).replace("<uuid:number>", "{id}")
        for resolver in get_resolver().url_patterns
        for entry in getattr(resolver, "url_patterns", [])
        if str(entry.pattern).startswith("api/v1/deposits")
    }
    assert found == set(served["paths"])


def test_the_tag_of_the_format_document():
    expected = "084c0d04510bc633fd12b1ef1c003f8953194ee701de92e518b5f99bef1b1b6d"
    assert tag_of(bytes(range(32)), 20000).hex() == expected
