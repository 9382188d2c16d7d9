import base64
import json

import pytest

from midun.evidence.api import bodies
from midun.evidence.models import Deposit, Token, Usage
from midun.evidence.monitor import policy_text
from midun.evidence.services.quotas import set_quota
from midun.evidence.services.tokens import revoke_token
from midun.kernel.orgs.actor import system_actor
from midun.lib.tlog.commitment import parse_entry
from midun.lib.tlog.policy import parse_policy
from midun.lib.tlog.proof import parse_proof
from tests.conftest import AT
from tests.evidence.conftest import commitments, token_for

ONE, MANY = "/api/v1/deposits", "/api/v1/deposits:batch"


def post(client, address, data, headers, kind="application/json"):
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return client.post(address, body, content_type=kind, headers=headers)


def proven(log, receipt):
    """The receipt's proof holds offline; gives the entry."""
    entry = base64.b64decode(receipt["entry"])
    parse_proof(receipt["proof"].encode()).verify(entry, parse_policy(policy_text(log).encode()))
    return parse_entry(entry)


def test_it_works(engine, client, bearer):
    wanted = commitments()
    answer = post(client, ONE, {**wanted, "claimed_at": 7}, bearer)
    receipt = answer.json()
    entry = proven(engine, receipt)
    assert (answer.status_code, receipt["stage"], receipt["duplicate"]) == (201, "accepted", False)
    assert (receipt["missing"], receipt["timestamps"]) == (["witness", "time-stamp"], [])
    assert (entry.commitment.sha256.hex(), entry.commitment.sm3.hex(), entry.time) == (
        wanted["sha256"],
        wanted["sm3"],
        7,
    )
    assert client.get(f"{ONE}/{receipt['deposit']}", headers=bearer).json() == receipt


def test_the_same_again_gives_the_first_receipt(engine, client, bearer):
    wanted = commitments()
    first = post(client, ONE, wanted, bearer).json()
    post(client, ONE, commitments(), bearer)
    again = post(client, ONE, {**wanted, "claimed_at": 9}, bearer)
    assert again.status_code == 200
    assert again.json()["duplicate"]
    assert [again.json()[key] for key in ("deposit", "index", "entry", "accepted_at")] == [
        first[key] for key in ("deposit", "index", "entry", "accepted_at")
    ]
    proven(engine, again.json())


def test_a_batch_gives_receipts(engine, client, bearer):
    wanted = [commitments() for _ in range(300)]
    answer = post(client, MANY, {"deposits": [*wanted, wanted[0]]}, bearer)
    receipts = answer.json()["receipts"]
    assert answer.status_code == 201
    assert [r["index"] for r in receipts] == [*range(300), 0]
    assert [r["duplicate"] for r in receipts] == [False] * 300 + [True]
    for receipt in (receipts[0], receipts[255], receipts[256], receipts[299]):
        proven(engine, receipt)
    again = post(client, MANY, {"deposits": wanted[:3]}, bearer)
    assert again.status_code == 200
    assert all(r["duplicate"] for r in again.json()["receipts"])


def test_a_binary_batch_gives_places(engine, client, bearer):
    units = [b"\x01" + bytes.fromhex(c["sha256"] + c["sm3"]) for c in (commitments() for _ in range(20))]
    answer = post(client, MANY, b"".join(units), bearer, bodies.BINARY)
    again = post(client, MANY, b"".join(units[:2]), bearer, bodies.BINARY)
    assert (answer.status_code, again.status_code) == (201, 200)
    assert answer.json()["first"] == 0
    assert answer.json()["indexes"] == list(range(20))
    assert again.json() | {"checkpoint": ""} == {"first": None, "indexes": [0, 1], "duplicates": 2, "checkpoint": ""}
    assert answer.json()["checkpoint"].startswith(engine.origin)


def test_an_idempotency_key_gives_the_same_answer(engine, client, bearer):
    wanted, keyed = commitments(), {**bearer, "Idempotency-Key": "k-1"}
    first = post(client, ONE, wanted, keyed)
    again = post(client, ONE, wanted, keyed)
    other = post(client, ONE, commitments(), keyed)
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert again.json()["deposit"] == first.json()["deposit"]
    assert other.json()["error"]["code"] == "key_reused"


def test_another_tenant_sees_counts_and_meets_nothing(engine, client, cast, bearer, other_bearer):
    wanted, keyed = commitments(), {"Idempotency-Key": "same"}
    mine = post(client, ONE, wanted, {**bearer, **keyed}).json()
    theirs = post(client, ONE, wanted, {**other_bearer, **keyed})
    assert theirs.status_code == 201
    assert not theirs.json()["duplicate"]
    assert client.get(f"{ONE}/{mine['deposit']}", headers=other_bearer).status_code == 404
    tags = [proven(engine, receipt).submitter_tag for receipt in (mine, theirs.json())]
    assert tags[0] != tags[1]
    for who, count in (("enterprise_admin", 1), ("other_enterprise_admin", 1), ("city_officer", 0), ("auditor", 0)):
        assert Deposit.objects.visible_to(cast.actor(who)).count() == count
        assert Usage.objects.visible_to(cast.actor(who)).count() == count


def test_it_rejects_who_has_no_token(engine, client, cast, bearer):
    readers = {"Authorization": f"Bearer {token_for(cast.jia, Token.Scope.READ).secret}"}
    got = [
        post(client, ONE, commitments(), headers).status_code
        for headers in ({}, {"Authorization": "Bearer mdt_x"}, {"Authorization": "Basic x"}, readers)
    ]
    assert got == [401, 401, 401, 403]
    token = Token.objects.unscoped("test").get(scope=Token.Scope.DEPOSIT)
    revoke_token(token, actor=system_actor("测试"), at=AT)
    answer = post(client, ONE, commitments(), bearer)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "revoked")
    Token.objects.unscoped("test").update(revoked_at=None, created_at=AT, expires_at=AT.replace(year=2026, month=1))
    assert post(client, ONE, commitments(), bearer).json()["error"]["code"] == "expired"


BROKEN = [
    (b"{", 400),
    (b"[]", 400),
    ({"kind": 1}, 422),
    ({**commitments(), "kind": 3}, 422),
    ({**commitments(), "kind": True}, 422),
    ({**commitments(), "sm3": "AB" * 32}, 422),
    ({**commitments(), "claimed_at": -1}, 422),
    ({**commitments(), "claimed_at": 1.5}, 422),
    ({**commitments(), "label": ""}, 422),
    ({**commitments(), "label": "x\n"}, 422),
    ({**commitments(), "project": "x"}, 422),
    ({**commitments(), "project": "018f0000-0000-7000-8000-000000000000"}, 422),
    ({**commitments(), "name": "secret.doc"}, 422),
    (b" " * 5000, 413),
]


@pytest.mark.parametrize("number", range(len(BROKEN)))
def test_it_rejects_what_it_does_not_understand(engine, client, bearer, number):
    body, status = BROKEN[number]
    answer = post(client, ONE, body, bearer)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"code", "message"}
    assert not Deposit.objects.unscoped("test").exists()


def test_quotas_are_per_enterprise(engine, client, cast, bearer, other_bearer):
    set_quota(enterprise=cast.jia, per_day=3, per_minute=2, actor=system_actor("测试"), at=AT)
    three = {"deposits": [commitments() for _ in range(3)]}
    minute = post(client, MANY, three, bearer)
    assert (minute.status_code, minute.json()["error"]["code"]) == (429, "quota_minute")
    assert int(minute.headers["Retry-After"]) >= 1
    assert post(client, MANY, {"deposits": three["deposits"][:2]}, bearer).status_code == 201
    assert post(client, MANY, {"deposits": three["deposits"][:2]}, bearer).status_code == 200
    day = post(client, MANY, {"deposits": [commitments(), commitments()]}, bearer)
    assert (day.status_code, day.json()["error"]["code"]) == (429, "quota_day")
    assert post(client, ONE, commitments(), other_bearer).status_code == 201


def test_without_the_engine_it_says_when_to_come_again(log, client, bearer):
    answer = post(client, ONE, commitments(), bearer)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "log_stopped")
    assert int(answer.headers["Retry-After"]) > 0


def test_a_page_deposits_with_its_session(engine, login, cast):
    from django.test import Client

    member = login("confidentiality_officer")
    assert post(member, ONE, commitments(), {}).status_code == 201
    assert post(login("city_officer"), ONE, commitments(), {}).status_code == 403
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = member.cookies
    assert post(strict, ONE, commitments(), {}).json()["error"]["code"] == "csrf"
