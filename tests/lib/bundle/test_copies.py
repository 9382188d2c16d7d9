"""One copy shown with its proof: the vector, what tampering with each part gives, and that no two files read alike."""

import base64
import dataclasses
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midun.lib.bundle.contents import Bundle
from midun.lib.bundle.copies import BatchProof, BatchText, Disclosure, NotDisclosable, deposited
from midun.lib.bundle.copies_verified import verify_disclosure
from midun.lib.marking.keys import MarkKey
from midun.lib.marking.manifest import opening
from midun.lib.marking.registry import Issued
from midun.lib.tlog.commitment import Entry, Kind
from tests.lib.bundle import building

KEY = MarkKey(bytes(range(32)), 3)
BATCH, SALT = "8f14e45f-ceea-4000-8000-000000000001", "5a" * 32


def held(number):
    """The opening of the copy of one recipient."""
    one = number.to_bytes(8, "big")
    return opening(
        Issued(one, 3, KEY.fingerprint, "a" * 64, "图.pdf", f"李雷{number}", "评审", "2026-01-01", copy="b" * 64), KEY
    )


def proof(copies=5, salt=SALT, kind=Kind.PLATFORM):
    """A batch of copies whose text is entry 417 of a log of 1,000, under two witnesses."""
    commitments = sorted(held(number).commitment for number in range(copies))
    text = BatchText.of(BATCH, "c" * 64, commitments).encode()
    entry = Entry(kind, deposited(text, salt), bytes(32)).encode()
    made = building.proof_of(entry)
    bundle = Bundle(building.DEPOSIT, building.CREATED, made.encode(), building.policy_text())
    return BatchProof(text, SALT, tuple(commitments), bundle.encode())


GOOD = proof()
SHOWN = GOOD.disclose(held(2))


def verdict(shown, **trust):
    return verify_disclosure(shown.encode(), **trust)


def test_the_vector_of_the_format():
    root = "8ab671c69294e69917042ed794e5ea9dda18710ca307a65b986226344b87552a"
    assert BatchText.of(BATCH, "c" * 64, ["00" * 32, "11" * 32]).root == root


def test_it_works():
    good = verdict(SHOWN, policy=building.policy_text())
    assert good.status == "valid-accepted-only"  # there is no time-stamp
    assert [step.check for step in good.steps if step.state == "missing"] == ["time-stamp"]
    assert good.facts["copy"]["recipient"] == "李雷2"
    assert good.facts["batch"]["copies"] == 5
    assert Disclosure.parse(SHOWN.encode()) == SHOWN
    assert BatchProof.parse(GOOD.encode()) == GOOD


@given(st.integers(1, 70).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n - 1))))
@settings(max_examples=40)
def test_every_copy_of_every_size_has_its_proof(given_sizes):
    copies, which = given_sizes
    said = proof(copies).disclose(held(which))
    assert verdict(said).status == "valid-accepted-only"
    others = [held(n) for n in range(copies) if n != which]
    text = said.encode().decode()
    assert all(one.commitment not in text and one.salt not in text for one in others)


def change(**fields):
    return dataclasses.replace(SHOWN, **fields)


@pytest.mark.parametrize(
    ("shown", "reason"),
    [
        (
            change(opening=dataclasses.replace(SHOWN.opening, text=SHOWN.opening.text.replace("李雷2", "韩梅"))),
            "disclosure-batch",
        ),
        (change(opening=dataclasses.replace(SHOWN.opening, salt="0" * 64)), "disclosure-batch"),
        (change(opening=dataclasses.replace(SHOWN.opening, text="{}")), "disclosure-copy"),
        (change(opening=dataclasses.replace(SHOWN.opening, text="[" * 99_999)), "disclosure-copy"),
        (change(opening=held(3)), "disclosure-batch"),
        (change(opening=held(77)), "disclosure-batch"),
        (change(index=(SHOWN.index + 1) % 5), "disclosure-batch"),
        (change(index=9), "disclosure-batch"),
        (change(path=SHOWN.path[:-1]), "disclosure-batch"),
        (change(path=(*SHOWN.path, "0" * 64)), "disclosure-batch"),
        (change(text=SHOWN.text.replace("copies 5", "copies 6")), "disclosure-batch"),
        (change(text=SHOWN.text + "\n"), "disclosure-batch"),
        (change(text=SHOWN.text.replace(BATCH, BATCH.replace("1", "2"))), "disclosure-deposit"),
        (change(text=SHOWN.text.replace("c" * 64, "d" * 64)), "disclosure-deposit"),
        (change(salt="0" * 64), "disclosure-deposit"),
        (change(bundle=proof(salt="00" * 32).bundle), "disclosure-deposit"),
        (change(bundle=proof(kind=Kind.FILE).bundle), "disclosure-deposit"),
        (change(bundle=SHOWN.bundle[:-1]), "container-malformed"),
        (change(bundle=b""), "container-malformed"),
    ],
)
def test_what_was_tampered_with_is_refused_with_the_reason(shown, reason):
    got = verdict(shown)
    assert (got.status, got.reason) == ("invalid", reason)
    assert got.steps[-1].state == "failed"
    assert "核验不通过" in got.sentence


def test_another_policy_does_not_believe_it():
    policy = building.policy_text(witnesses=[building.WITNESSES[0], building.POST_QUANTUM])
    got = verdict(SHOWN, policy=policy)
    assert any(step.check == "witness" and step.state == "missing" for step in got.steps)


FIELDS = json.loads(SHOWN.encode())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        json.dumps({**FIELDS, "format": "midun-copy-disclosure/2"}).encode(),
        json.dumps({**FIELDS, "more": 1}).encode(),
        json.dumps({**FIELDS, "salt": 1}).encode(),
        json.dumps({**FIELDS, "text": "\ud800"}).encode(),
        json.dumps({**FIELDS, "bundle": "%"}).encode(),
        json.dumps({**FIELDS, "bundle": base64.b64encode(bytes(17 << 20)).decode()}).encode(),
        json.dumps({**FIELDS, "batch": {**FIELDS["batch"], "index": -1}}).encode(),
        json.dumps({**FIELDS, "batch": {**FIELDS["batch"], "index": True}}).encode(),
        json.dumps({**FIELDS, "batch": {**FIELDS["batch"], "proof": ["0" * 64] * 64}}).encode(),
        json.dumps({**FIELDS, "batch": {**FIELDS["batch"], "proof": ["A" * 64]}}).encode(),
        json.dumps({**FIELDS, "batch": []}).encode(),
        SHOWN.encode().replace(b'"salt"', b'"salt": "", "salt"', 1),
    ],
)
def test_it_rejects_files_that_are_none(data):
    assert verify_disclosure(data).reason == "disclosure-malformed"
    with pytest.raises(NotDisclosable):
        Disclosure.parse(data)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_no_input_raises(data):
    assert verify_disclosure(data).status == "invalid"


def test_a_batch_proof_that_was_changed_is_refused():
    fields = json.loads(GOOD.encode())
    for wrong in (fields["copies"][:-1], fields["copies"][::-1], ["0" * 64, *fields["copies"][1:]], [], [1]):
        with pytest.raises(NotDisclosable):
            BatchProof.parse(json.dumps({**fields, "copies": wrong}).encode())
    with pytest.raises(NotDisclosable):
        BatchProof.parse(SHOWN.encode())
    with pytest.raises(NotDisclosable):
        GOOD.disclose(held(99))
