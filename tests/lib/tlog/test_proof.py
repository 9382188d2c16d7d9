import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midun.lib.tlog.checkpoint import Checkpoint
from midun.lib.tlog.errors import Reason, Refused
from midun.lib.tlog.keys import Algorithm, Signer
from midun.lib.tlog.merkle import SHA256
from midun.lib.tlog.note import sign_text
from midun.lib.tlog.policy import Policy, parse_policy
from midun.lib.tlog.proof import Proof, parse_proof
from tests.lib.tlog import naive

ORIGIN = "log.example.cn/evidence"
LOG = Signer(ORIGIN, Algorithm.ED25519, b"\1" * 32)
LOG_SM2 = Signer(ORIGIN, Algorithm.SM2, b"\2" * 32)
X1, X2, X3, Y1, Y2 = (Signer(f"w{n}.example.org", Algorithm.ED25519_COSIGNATURE, bytes([n]) * 32) for n in range(5, 10))
Y3 = Signer("w10.example.org", Algorithm.MLDSA44_COSIGNATURE, b"\x10" * 32)
AT = 1_750_000_000

EXAMPLE = f"""# 示例策略
log {LOG.verifier.vkey}\thttps://log.example.cn/evidence
 log {LOG_SM2.verifier.vkey}

witness X1 {X1.verifier.vkey}
witness X2 {X2.verifier.vkey} https://w6.example.org/
witness X3 {X3.verifier.vkey}
group X-witnesses 2 X1 X2 X3

witness Y1 {Y1.verifier.vkey}
witness Y2 {Y2.verifier.vkey}
witness Y3 {Y3.verifier.vkey}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""
ENTRIES = [f"存证 {n}".encode() for n in range(20)]


def reason(call, *args):
    with pytest.raises(Refused) as refused:
        call(*args)
    return refused.value.reason


def policy_of(text=EXAMPLE):
    return parse_policy(text.encode())


def checkpoint(signers, size=20, origin=ORIGIN):
    return sign_text(Checkpoint(origin, size, naive.mth(ENTRIES[:size])).text(), signers, AT).encode()


def proof(index=5, signers=(LOG, X1, X2, Y3), extra=None):
    return Proof(index, tuple(naive.path(index, ENTRIES)), checkpoint(signers), extra)


def test_the_example_of_the_specification():
    policy = policy_of()
    assert [party.url for party in policy.logs] == ["https://log.example.cn/evidence", ""]
    assert policy.groups[b"X-witnesses"].threshold == 2
    for cosigners, enough in [
        ([X1, X2, Y1], True),
        ([X2, X3, Y3], True),
        ([X1, X2, X3], False),
        ([X1, Y1, Y2, Y3], False),
        ([], False),
    ]:
        assert policy.satisfied_by([signer.verifier for signer in cosigners]) is enough


@pytest.mark.parametrize("log", [[LOG], [LOG_SM2], [LOG, LOG_SM2]], ids=["Ed25519", "SM2", "both"])
def test_a_checkpoint_that_fills_the_quorum_is_believed(log):
    signed = policy_of().verify(checkpoint([*log, X1, X3, Y3]))
    assert signed.checkpoint.size == 20
    assert signed.signed[X3.verifier] == AT


def test_it_rejects_checkpoints_the_policy_does_not_believe():
    policy = policy_of()
    assert reason(policy.verify, checkpoint([LOG, X1, Y1])) is Reason.POLICY_QUORUM_MISSING
    assert reason(policy.verify, checkpoint([X1, X2, Y1])) is Reason.POLICY_LOG_UNKNOWN
    stranger = Signer(ORIGIN, Algorithm.ED25519, b"\7" * 32)
    assert reason(policy.verify, checkpoint([stranger, X1, X2, Y1])) is Reason.POLICY_LOG_UNKNOWN
    assert reason(policy.verify, checkpoint([LOG, X1, X2, Y1], origin="b.example/log")) is Reason.POLICY_LOG_UNKNOWN


def test_quorum_none_and_single_witness():
    none = policy_of(f"log {LOG.verifier.vkey}\nquorum none\n")
    assert none.verify(checkpoint([LOG])).checkpoint.size == 20
    one = policy_of(f"log {LOG.verifier.vkey}\nwitness 见证 {X1.verifier.vkey}\nquorum 见证\n")
    assert one.witnesses["见证".encode()].key == X1.verifier
    assert one.verify(checkpoint([LOG, X1])).signed
    assert reason(one.verify, checkpoint([LOG])) is Reason.POLICY_QUORUM_MISSING


W = f"witness a {X1.verifier.vkey}\nwitness b {X2.verifier.vkey}\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "quorum none",
        "quorum none\nquorum none\n",
        "quorum\n",
        "quorum a\n",
        f"quorum a\n{W}",
        "quorum none extra\n",
        "log\nquorum none\n",
        f"log {X1.verifier.vkey}\nquorum none\n",
        f"log {LOG.verifier.vkey} url more\nquorum none\n",
        f"log {LOG.verifier.vkey}\nlog {LOG.verifier.vkey}\nquorum none\n",
        f"witness none {X1.verifier.vkey}\nquorum none\n",
        f"witness a {LOG.verifier.vkey}\nquorum none\n",
        f"witness a {X1.verifier.vkey}\nwitness a {X2.verifier.vkey}\nquorum a\n",
        f"witness a {X1.verifier.vkey}\nwitness b {X1.verifier.vkey}\nquorum a\n",
        "witness a\nquorum none\n",
        "witness\nquorum none\n",
        f"{W}group g any\nquorum g\n",
        f"{W}group g 0 a b\nquorum g\n",
        f"{W}group g 3 a b\nquorum g\n",
        f"{W}group g 02 a b\nquorum g\n",
        f"{W}group g -1 a b\nquorum g\n",
        f"{W}group g most a b\nquorum g\n",
        f"{W}group g any a a\nquorum g\n",
        f"{W}group g any a\ngroup h any a b\nquorum h\n",
        f"{W}group g any g\nquorum g\n",
        f"{W}group g any none\nquorum g\n",
        f"{W}group a any b\nquorum a\n",
        f"{W}group g any c\nquorum g\n",
        "quorum none\r\n",
        "quorum none\x00\n",
        "Quorum none\n",
        "include other\nquorum none\n",
    ],
)
def test_it_rejects_malformed_policies(text):
    assert reason(policy_of, text) in {Reason.POLICY_MALFORMED, Reason.KEY_MALFORMED}


def test_the_limits_of_the_specification_are_met():
    keys = [Signer(f"w{n}.example", Algorithm.ED25519_COSIGNATURE, bytes([n, 1]) * 16) for n in range(65)]
    lines = [f"witness w{n} {key.verifier.vkey}\ngroup g{n} all w{n}\n" for n, key in enumerate(keys)]
    whole = "".join(lines[:63]) + "group last 32 " + " ".join(f"g{n}" for n in range(63)) + "\nquorum last\n"
    assert policy_of(whole).satisfied_by([key.verifier for key in keys[:32]])
    assert not policy_of(whole).satisfied_by([key.verifier for key in keys[:31]])
    assert reason(policy_of, "".join(lines) + "quorum none\n") is Reason.TOO_LARGE
    assert reason(parse_policy, b"#" * (1 << 20) + b"\nquorum none\n") is Reason.TOO_LARGE


@given(
    st.lists(st.sampled_from([*W.split(), "\n", "log", "group", "quorum", "any", "2", "g", "none", "#"]), max_size=30)
)
def test_any_policy_is_read_or_refused(words):
    try:
        policy = parse_policy(" ".join([*words, "\n"]).encode())
    except Refused:
        return
    assert isinstance(policy, Policy)
    assert policy.satisfied_by([X1.verifier, X2.verifier]) in (True, False)


@pytest.mark.parametrize("index", range(20))
def test_a_proof_verifies_and_reads_back(index):
    made = proof(index, extra=ENTRIES[index])
    assert parse_proof(made.encode()) == made
    assert parse_proof(made.encode()).verify(ENTRIES[index], policy_of()).checkpoint.size == 20


def test_a_proof_of_the_only_entry_has_no_hashes():
    made = Proof(0, (), checkpoint([LOG, X1, X2, Y1], size=1))
    assert parse_proof(made.encode()).verify(ENTRIES[0], policy_of()).checkpoint.size == 1


def test_it_rejects_a_proof_of_something_else():
    policy = policy_of()
    assert reason(proof().verify, ENTRIES[6], policy) is Reason.INCLUSION_WRONG
    moved = Proof(6, proof().hashes, proof().checkpoint)
    assert reason(moved.verify, ENTRIES[5], policy) is Reason.INCLUSION_WRONG
    beyond = Proof(20, proof().hashes, proof().checkpoint)
    assert reason(beyond.verify, ENTRIES[5], policy) is Reason.INDEX_BEYOND_TREE
    shorter = Proof(5, proof().hashes[:-1], proof().checkpoint)
    assert reason(shorter.verify, ENTRIES[5], policy) is Reason.PROOF_LENGTH
    assert reason(proof(signers=(LOG, X1, X2)).verify, ENTRIES[5], policy) is Reason.POLICY_QUORUM_MISSING


HEAD = "c2sp.org/tlog-proof@v1"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Reason.PROOF_MALFORMED),
        (f"{HEAD}\n", Reason.PROOF_MALFORMED),
        (f"{HEAD}\nindex 0\n\n", Reason.PROOF_MALFORMED),
        ("c2sp.org/tlog-proof@v2\nindex 0\n\nlog\n", Reason.PROOF_MALFORMED),
        (f"{HEAD}\n\nlog\n", Reason.PROOF_MALFORMED),
        (f"{HEAD}\nindex 00\n\nlog\n", Reason.PROOF_MALFORMED),
        (f"{HEAD}\nindex -1\n\nlog\n", Reason.PROOF_MALFORMED),
        (f"{HEAD}\nindex 0\nextra AAAA\n\nlog\n", Reason.PROOF_MALFORMED),
        (f"{HEAD}\nextra AAA\nindex 0\n\nlog\n", Reason.PROOF_MALFORMED),
        (f"{HEAD}\nindex 0\nAAAA\n\nlog\n", Reason.PROOF_MALFORMED),
        (f"{HEAD}\r\nindex 0\n\nlog\n", Reason.CONTROL_CHARACTER),
        (f"{HEAD}\nindex 0\n" + ("A" * 43 + "=\n") * 64 + "\nlog\n", Reason.PROOF_LENGTH),
        ("x" * (2 << 20) + "\n", Reason.TOO_LARGE),
    ],
)
def test_it_rejects_malformed_proofs(text, expected):
    assert reason(parse_proof, text.encode()) is expected


@given(st.binary(max_size=300))
def test_any_proof_is_canonical_or_refused(data):
    for candidate in (data, f"{HEAD}\n".encode() + data, f"{HEAD}\nindex 3\n\n".encode() + data):
        try:
            found = parse_proof(candidate)
        except Refused:
            continue
        assert found.encode() == candidate


FIELDS = {
    "magic": (lambda data: data.index(b"proof"), Reason.PROOF_MALFORMED),
    "extra": (lambda data: data.index(b"extra ") + 8, None),
    "index": (lambda data: data.index(b"index ") + 6, Reason.INCLUSION_WRONG),
    "first hash": (lambda data: data.index(b"index ") + 9, Reason.INCLUSION_WRONG),
    "last hash": (lambda data: data.index(b"\n\n") - 20, Reason.INCLUSION_WRONG),
    "origin": (lambda data: data.index(ORIGIN.encode()) + 3, Reason.SIGNATURE_INVALID),
    "size": (lambda data: data.index(b"\n20\n") + 1, Reason.SIGNATURE_INVALID),
    "root": (lambda data: data.index(b"\n20\n") + 10, Reason.SIGNATURE_INVALID),
    "log key name": (lambda data: data.index("— ".encode()) + 5, Reason.POLICY_LOG_UNKNOWN),
    "log key ID": (lambda data: data.index(b" ", data.index("— ".encode()) + 4) + 2, Reason.POLICY_LOG_UNKNOWN),
    "log signature": (lambda data: data.index(b"\n", data.index("— ".encode())) - 9, Reason.SIGNATURE_INVALID),
    "witness name": (lambda data: data.index(b"w5.example"), Reason.POLICY_QUORUM_MISSING),
    "cosignature time": (lambda data: data.index(b" ", data.index(b"w5.example")) + 15, Reason.SIGNATURE_INVALID),
    "cosignature": (lambda data: data.rindex(b"\n", 0, -1) + 60, Reason.SIGNATURE_INVALID),
}


@pytest.mark.parametrize("field", FIELDS)
def test_every_class_of_byte_tampered_with_is_named(field):
    """Everything but `extra`, which by the specification nobody vouches for, so the entry must come from elsewhere."""
    data = bytearray(proof(extra=ENTRIES[5]).encode())
    find, expected = FIELDS[field]
    place = find(bytes(data))
    data[place] = ord("A") if data[place] != ord("A") else ord("B")
    if field in ("index", "size"):
        data[place] = ord("7")

    def verify():
        return parse_proof(bytes(data)).verify(ENTRIES[5], policy_of())

    if expected is None:
        assert verify().checkpoint.size == 20
        assert parse_proof(bytes(data)).extra != ENTRIES[5]
    else:
        assert reason(verify) is expected


@given(st.integers(0, 100_000), st.integers(1, 255))
def test_any_byte_tampered_with_never_proves_another_entry(place, change):
    data = bytearray(proof(extra=ENTRIES[5]).encode())
    data[place % len(data)] ^= change
    with pytest.raises(Refused):
        parse_proof(bytes(data)).verify(ENTRIES[6], policy_of())


def test_leaf_hashes_are_not_entries():
    """A node's two children, taken as an entry, do not prove themselves: leaves and nodes hash differently."""
    left, right = SHA256.leaf(ENTRIES[0]), SHA256.leaf(ENTRIES[1])
    forged = Proof(0, tuple(naive.path(0, ENTRIES)[1:]), proof().checkpoint)
    assert reason(forged.verify, left + right, policy_of()) in {Reason.INCLUSION_WRONG, Reason.PROOF_LENGTH}


TORCHWOOD = json.loads((Path(__file__).parent / "vectors" / "torchwood.json").read_text())


@pytest.mark.parametrize("number", range(3))
def test_proofs_made_by_another_implementation_verify(number):
    """Torchwood 0.9 writes tlog-proof@v1 without its first line."""
    made = TORCHWOOD["spicy"]
    policy = policy_of(f"log {made['vkey']}\nquorum none\n")
    found = parse_proof(f"{HEAD}\n{made['signatures'][number]}".encode())
    assert found.verify(made["files"][number].encode(), policy).checkpoint.size == 3
    assert reason(found.verify, b"other", policy) is Reason.INCLUSION_WRONG


def test_cosignatures_made_by_another_implementation_verify():
    made = TORCHWOOD["litewitness"]
    policy = policy_of(f"log {made['log']}\nwitness lite {made['vkey']}\nquorum lite\n")
    signed = policy.verify(made["checkpoint"].encode())
    assert signed.checkpoint.size == 5351
    assert signed.signed[policy.witnesses[b"lite"].key] > 0
