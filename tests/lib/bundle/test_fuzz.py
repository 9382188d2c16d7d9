"""Readers that meet anything at all: they refuse with a reason of the table, and nothing else comes out."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from midun.lib.bundle.container import Unsound, pack, unpack
from midun.lib.bundle.contents import read_bundle
from midun.lib.bundle.offline import certificates, notes, proofs, tokens
from midun.lib.bundle.verdict import SENTENCE_OF
from midun.lib.bundle.verifying import verify_bundle
from tests.lib.bundle import building
from tests.lib.bundle.tampering import resealed

ONE = building.development(building.one_file(), [building.KeyKind.P256])
DATA = ONE.bundle.encode()
MEMBERS = unpack(DATA)
TOKEN = ONE.bundle.tokens[0]
READERS = {
    "note": (
        lambda data: notes.open_head(data, notes.read_policy(building.policy_text())),
        MEMBERS["proof.tlog-proof"],
    ),
    "policy": (notes.read_policy, building.policy_text()),
    "proof": (proofs.read_proof, MEMBERS["proof.tlog-proof"]),
    "entry": (proofs.read_entry, b"MDE1" + bytes(108)),
    "opening": (proofs.read_opening, ONE.opening),
    "token": (lambda data: tokens.check_token(tokens.token_in(data), TOKEN.chain, ONE.text, None), TOKEN.response),
    "pem": (certificates.read_pem, TOKEN.chain),
    "certificate": (certificates.read_certificate, tokens.token_in(TOKEN.response)[-900:]),
    "container": (unpack, DATA[-900:]),
    "bundle": (read_bundle, DATA[:2000]),
}


def hurt(data, seed):
    """Some bytes changed, doubled, removed, or the end cut off."""
    generator, made = random.Random(seed), bytearray(data)  # noqa: S311  # no secret
    for _time in range(generator.randrange(1, 6)):
        at = generator.randrange(len(made) or 1)
        match generator.randrange(4):
            case 0 if made:
                made[at] ^= 1 << generator.randrange(8)
            case 1:
                made[at:at] = made[at : at + generator.randrange(40)]
            case 2:
                del made[at : at + generator.randrange(40)]
            case _:
                del made[max(at, 1) :]
    return bytes(made)


@settings(max_examples=150)
@given(st.sampled_from(sorted(READERS)), st.integers(min_value=0, max_value=1 << 40))
def test_a_hurt_input_is_read_or_refused_with_a_reason(name, seed):
    reader, good = READERS[name]
    try:
        reader(hurt(good, seed))
    except Unsound as unsound:
        assert unsound.reason in SENTENCE_OF


@settings(max_examples=150)
@given(st.sampled_from(sorted(READERS)), st.binary(max_size=300))
def test_anything_at_all_is_read_or_refused_with_a_reason(name, data):
    reader, _good = READERS[name]
    try:
        reader(data)
    except Unsound as unsound:
        assert unsound.reason in SENTENCE_OF


@settings(max_examples=60)
@given(st.sampled_from(sorted(MEMBERS)), st.integers(min_value=0, max_value=1 << 40))
def test_a_resealed_bundle_always_gets_a_verdict(name, seed):
    """Whatever stands in a member: an answer, never an exception; and what is signed is not called valid."""
    members = {**MEMBERS, name: hurt(MEMBERS[name], seed)}
    data = pack(members) if name == "bundle.json" else resealed(members)
    verdict = verify_bundle(data, opening=ONE.opening)
    assert verdict.reason == "" or verdict.reason in SENTENCE_OF
    if name in ("checkpoint.txt", "statement.json", "bundle.json") and members[name] != MEMBERS[name]:
        assert verdict.status == "invalid"
