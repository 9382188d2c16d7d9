"""The signed statement: the vector of its document, one line per value, any change breaks it."""

import re
import unicodedata
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from hypothesis import given
from hypothesis import strategies as st

from midun.activities.statement import Statement, holds, key_id, one_line, proof_of, sign
from tests.activities.proof import parts, raw_signature

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs/formats/certificate.md").read_text(encoding="utf-8")
VECTOR = DOCUMENT.split("## Vector")[1]
KEY = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(re.search(r"`([0-9a-f]{64})`", VECTOR)[1]))
STATEMENT = Statement(
    number="ZS-2025-000001",
    name="吴敏",
    enterprise="甲精密机械有限公司",
    event="离职交接与竞业限制专题培训",
    day=date(2025, 6, 10),
    hours=Decimal(2),
    issuer="东区市场监督管理局",
    issued=date(2025, 6, 11),
    code="7K3MZ0Q9V2XHC4PD",
)


def indented(text):
    return "".join(f"{line.strip()}\n" for line in text.splitlines() if line.startswith("    "))


def test_the_vector_of_the_document():
    proof, pem = (indented(part) for part in VECTOR.split("Public key:"))
    made = proof_of(STATEMENT, sign(STATEMENT, KEY), key_id(KEY.public_key()))
    assert made.decode() == proof
    statement, named, signature = parts(made)
    key = load_pem_public_key(pem.encode())
    key.verify(raw_signature(signature), statement)
    assert (named, len(statement)) == (key_id(key), 239)


def test_any_other_value_breaks_it():
    signature = sign(STATEMENT, KEY)
    assert holds(STATEMENT, signature, KEY.public_key())
    changed = {
        "number": "ZS-2025-000002", "name": "吴敏 ", "enterprise": "", "event": "别的", "day": date(2025, 6, 9),
        "hours": Decimal("2.5"), "issuer": "西区市场监督管理局", "issued": date(2025, 6, 12), "code": "0" * 16,
    }  # fmt: skip
    for field, value in changed.items():
        other = Statement(**{**STATEMENT.__dict__, field: value})
        assert holds(other, signature, KEY.public_key()) == (field == "name")  # a blank at the end is no difference
    assert not holds(STATEMENT, signature, Ed25519PrivateKey.generate().public_key())


@pytest.mark.parametrize("signature", ["", "A", "A" * 86, "！", "=" * 86, "a" * 500])
def test_a_broken_signature_is_no_signature(signature):
    assert not holds(STATEMENT, signature, KEY.public_key())


@given(st.text(max_size=60), st.text(max_size=60))
def test_two_people_never_share_a_statement(name, event):
    """No value can end its line early and pass for the next field."""
    message = Statement(**{**STATEMENT.__dict__, "name": name, "event": event}).message().decode()
    lines = message.split("\n")
    assert len(lines) == 11
    assert lines[2].removeprefix("name=") == one_line(name)
    assert lines[4].removeprefix("event=") == one_line(event)


@given(st.text(max_size=80))
def test_a_line_is_a_line(text):
    line = one_line(text)
    assert not any(unicodedata.category(char).startswith("C") for char in line)
    assert line == one_line(line) == line.strip()
    assert "  " not in line
