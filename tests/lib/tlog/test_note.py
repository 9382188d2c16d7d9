import json
from base64 import b64decode, b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midun.lib.tlog.checkpoint import Checkpoint, parse_checkpoint
from midun.lib.tlog.errors import Reason, Refused
from midun.lib.tlog.keys import Algorithm, Signer, Verifier, cosigned_message
from midun.lib.tlog.note import Note, open_checkpoint, open_note, parse_note, sign_text, signature_of, verified

VECTOR = json.loads((Path(__file__).parent / "vectors" / "note.json").read_text())
ORIGIN = "log.example.cn/evidence"
LOG = Signer(ORIGIN, Algorithm.ED25519, b"\1" * 32)
LOG_SM2 = Signer(ORIGIN, Algorithm.SM2, b"\2" * 32)
LOG_PQ = Signer(ORIGIN, Algorithm.MLDSA44_COSIGNATURE, b"\3" * 32)
WITNESS = Signer("witness.example.org/w1", Algorithm.ED25519_COSIGNATURE, b"\4" * 32)
WITNESS_PQ = Signer("witness.example.org/w2", Algorithm.MLDSA44_COSIGNATURE, b"\5" * 32)
EVERY = [LOG, LOG_SM2, LOG_PQ, WITNESS, WITNESS_PQ]
HEAD = Checkpoint(ORIGIN, 20852163, bytes(range(32)))
AT = 1_750_000_000


def reason(call, *args, **kwargs):
    with pytest.raises(Refused) as refused:
        call(*args, **kwargs)
    return refused.value.reason


def test_published_note_is_reproduced_byte_for_byte():
    signer = Signer.parse(VECTOR["skey"])
    assert signer.verifier.vkey == VECTOR["vkey"]
    assert signer.skey == VECTOR["skey"]
    assert sign_text(VECTOR["text"], [signer], 0).encode().decode() == VECTOR["text"] + "\n" + VECTOR["signature"]
    _note, found = open_note((VECTOR["text"] + "\n" + VECTOR["signature"]).encode(), [Verifier.parse(VECTOR["vkey"])])
    assert found == {signer.verifier: 0}


def test_it_rejects_every_mangled_verifier_key():
    """What note_test.go tries: every proper part of the key, and every character raised by one."""
    vkey = VECTOR["vkey"]
    for begin in range(len(vkey) + 1):
        for end in range(begin + 1, len(vkey) + 1):
            if vkey[begin:end] != vkey:
                reason(Verifier.parse, vkey[begin:end])
    for place, character in enumerate(vkey):
        reason(Verifier.parse, vkey[:place] + chr(ord(character) + 1) + vkey[place + 1 :])
    for bad in VECTOR["bad_vkeys"]:
        reason(Verifier.parse, bad)


def test_the_published_signature_lines_parse():
    """The example of tlog-cosignature; its keys are not published, so only the form and the time are checked."""
    note = parse_note(
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE"
        "+xeMcTOAYQ8=\n"
        "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe"
        "+mbIUBkBIfZ+qnA==\n".encode()
    )
    assert parse_checkpoint(note.text).size == 20852163
    assert int.from_bytes(note.signatures[1].signature[:8], "big") == 1679315147


def test_a_cosignature_signs_what_the_format_says():
    text = "example.com/log\n1\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n"
    stamped = WITNESS.sign(text, 1679315147)
    assert stamped[:8] == (1679315147).to_bytes(8, "big")
    plain = Signer(WITNESS.name, Algorithm.ED25519, WITNESS.private)
    assert stamped[8:] == plain.sign(f"cosignature/v1\ntime 1679315147\n{text}", 0)


def test_a_post_quantum_cosignature_signs_the_structure_of_the_specification():
    message = cosigned_message("w", 7, Checkpoint("log", 5, b"r" * 32))
    assert message == b"subtree/v1\n\0" + b"\1w" + bytes(7) + b"\7" + b"\3log" + bytes(8) + bytes(7) + b"\5" + b"r" * 32


@pytest.mark.parametrize("signer", EVERY, ids=lambda s: s.algorithm.name)
def test_every_type_signs_and_verifies(signer):
    data = sign_text(HEAD.text(), [signer], AT).encode()
    _note, found = open_note(data, [signer.verifier])
    assert found == {signer.verifier: AT if signer.algorithm.timed else 0}
    assert Verifier.parse(signer.verifier.vkey) == signer.verifier
    assert Signer.parse(signer.skey) == signer
    assert signer.skey not in repr(signer)
    assert signer.private.hex() not in repr(signer)
    assert repr(signer.private) not in repr(signer)


@pytest.mark.parametrize("signer", EVERY, ids=lambda s: s.algorithm.name)
def test_every_changed_byte_class_is_named(signer):
    note = sign_text(HEAD.text(), [signer], AT)
    signature = note.signatures[0].signature
    places = {0, 7, 8, len(signature) // 2, len(signature) - 1}
    for place in places:
        changed = bytearray(signature)
        changed[place] ^= 1
        bad = Note(note.text, (note.signatures[0]._replace(signature=bytes(changed)),))
        assert reason(open_note, bad.encode(), [signer.verifier]) is Reason.SIGNATURE_INVALID
    other = Checkpoint(ORIGIN, HEAD.size + 1, HEAD.root)
    moved = Note(other.text(), note.signatures)
    assert reason(open_note, moved.encode(), [signer.verifier]) is Reason.SIGNATURE_INVALID
    short = Note(note.text, (note.signatures[0]._replace(signature=signature[:-1]),))
    assert reason(open_note, short.encode(), [signer.verifier]) is Reason.SIGNATURE_INVALID
    renamed = Note(note.text, (note.signatures[0]._replace(name="somebody.else"),))
    assert reason(open_note, renamed.encode(), [signer.verifier]) is Reason.SIGNATURE_MISSING


def test_signatures_of_unknown_keys_are_ignored():
    stranger = Signer.generate(ORIGIN, Algorithm.ED25519)
    note = sign_text(HEAD.text(), [stranger, LOG, *EVERY[3:]], AT)
    opened = open_checkpoint(note.encode(), [LOG.verifier], [WITNESS.verifier])
    assert opened.signed == {LOG.verifier: 0, WITNESS.verifier: AT}
    assert reason(open_checkpoint, sign_text(HEAD.text(), [stranger], AT).encode(), [LOG.verifier]) is (
        Reason.SIGNATURE_MISSING
    )


def test_a_bad_signature_beside_a_good_one_refuses_the_note():
    good = sign_text(HEAD.text(), [LOG, LOG_SM2], AT)
    spoilt = good.signatures[1]._replace(signature=bytes(64))
    bad = Note(good.text, (good.signatures[0], spoilt))
    assert reason(open_note, bad.encode(), [LOG.verifier, LOG_SM2.verifier]) is Reason.SIGNATURE_INVALID
    assert open_note(bad.encode(), [LOG.verifier])[1] == {LOG.verifier: 0}


def test_it_rejects_the_same_key_twice():
    one = signature_of(LOG, HEAD.text(), AT)
    assert reason(open_note, Note(HEAD.text(), (one, one)).encode(), [LOG.verifier]) is Reason.SIGNATURE_TWICE


def test_a_checkpoint_must_bear_the_name_of_its_signer():
    note = sign_text(Checkpoint("another.example/log", 1, bytes(32)).text(), [LOG], AT)
    assert reason(open_checkpoint, note.encode(), [LOG.verifier]) is Reason.SIGNATURE_MISSING


def test_adding_signatures_replaces_those_of_the_same_key():
    note = sign_text(HEAD.text(), [LOG, WITNESS], AT)
    newer = note.with_signatures([signature_of(WITNESS, note.text, AT + 60), signature_of(LOG_SM2, note.text, 0)])
    assert verified(newer, [s.verifier for s in EVERY])[WITNESS.verifier] == AT + 60
    assert len(newer.signatures) == 3


@pytest.mark.parametrize("at", [0, -1, 1 << 63])
def test_a_cosignature_needs_a_time(at):
    assert reason(WITNESS.sign, HEAD.text(), at) is Reason.TIME_INVALID


def test_a_time_beyond_the_limit_is_refused():
    stamped = (1 << 63).to_bytes(8, "big") + WITNESS.sign(HEAD.text(), 1)[8:]
    assert reason(WITNESS.verifier.verify, HEAD.text(), stamped) is Reason.TIME_INVALID


LINE = sign_text(HEAD.text(), [LOG], 0).signatures[0].line()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", Reason.NOTE_MALFORMED),
        (b"text\n", Reason.NOTE_MALFORMED),
        (b"text\n\n", Reason.NOTE_MALFORMED),
        (b"text\n\n\n", Reason.NOTE_MALFORMED),
        (f"text\n\n{LINE[:-1]}".encode(), Reason.NOTE_MALFORMED),
        (f"text\n\n{LINE}more\n".encode(), Reason.NOTE_MALFORMED),
        (f"text\n\n {LINE}".encode(), Reason.NOTE_MALFORMED),
        (f"text\n\n{LINE.replace('—', '-')}".encode(), Reason.NOTE_MALFORMED),
        (f"text\n\n{LINE.replace(' log', '  log')}".encode(), Reason.NOTE_MALFORMED),
        ("text\n\n— a+b AAAAAAAA\n".encode(), Reason.NOTE_MALFORMED),
        ("text\n\n— a\u00a0b AAAAAAAA\n".encode(), Reason.NOTE_MALFORMED),
        ("text\n\n— a AAAAAA==\n".encode(), Reason.NOTE_MALFORMED),
        ("text\n\n— a AAAAAAB=\n".encode(), Reason.NOTE_MALFORMED),
        ("text\n\n— a AAAA_-AA\n".encode(), Reason.NOTE_MALFORMED),
        (f"te\txt\n\n{LINE}".encode(), Reason.CONTROL_CHARACTER),
        (f"text\r\n\n{LINE}".encode(), Reason.CONTROL_CHARACTER),
        (b"\xff\n\n" + LINE.encode(), Reason.NOT_UTF8),
        (f"text\n\n{LINE * 65}".encode(), Reason.TOO_LARGE),
        (b"x" * (1 << 20) + f"\n\n{LINE}".encode(), Reason.TOO_LARGE),
    ],
)
def test_it_rejects_malformed_notes(data, expected):
    assert reason(parse_note, data) is expected


def test_a_text_may_have_empty_lines():
    data = f"a\n\nb\n\n{LINE * 16}".encode()
    assert parse_note(data).text == "a\n\nb\n"
    assert parse_note(data).encode() == data


ROOT = b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Reason.CHECKPOINT_MALFORMED),
        (f"log\n1\n{ROOT}", Reason.CHECKPOINT_MALFORMED),
        (f"\n1\n{ROOT}\n", Reason.CHECKPOINT_MALFORMED),
        (f"log\n01\n{ROOT}\n", Reason.CHECKPOINT_MALFORMED),
        (f"log\n-1\n{ROOT}\n", Reason.CHECKPOINT_MALFORMED),
        (f"log\n１\n{ROOT}\n", Reason.CHECKPOINT_MALFORMED),
        (f"log\n9223372036854775808\n{ROOT}\n", Reason.CHECKPOINT_MALFORMED),
        (f"log\n{'9' * 5000}\n{ROOT}\n", Reason.CHECKPOINT_MALFORMED),
        ("log\n1\nAAAA\n", Reason.CHECKPOINT_MALFORMED),
        (f"log\n1\n{ROOT}\nextension\n", Reason.CHECKPOINT_EXTENSION),
        (f"log\n1\n{ROOT}\n\n", Reason.CHECKPOINT_EXTENSION),
    ],
)
def test_it_rejects_malformed_checkpoints(text, expected):
    assert reason(parse_checkpoint, text) is expected


names = st.text(min_size=1, max_size=20).filter(lambda s: not any(c.isspace() or c < " " or c == "+" for c in s))


@given(names, st.integers(0, (1 << 63) - 1), st.binary(min_size=32, max_size=32))
def test_checkpoints_read_back(origin, size, root):
    head = Checkpoint(origin, size, root)
    assert parse_checkpoint(head.text()) == head


@given(st.binary(max_size=400))
def test_any_note_is_canonical_or_refused(data):
    try:
        note = parse_note(data)
    except Refused:
        return
    assert note.encode() == data


@given(st.text(max_size=80), st.text(alphabet="0123456789", max_size=3), st.binary(min_size=31, max_size=33))
def test_any_checkpoint_is_canonical_or_refused(text, size, root):
    for candidate in (text, f"{text}\n{size}\n{b64encode(root).decode()}\n"):
        try:
            head = parse_checkpoint(candidate)
        except Refused:
            continue
        assert head.text() == candidate


@given(st.text(max_size=60), st.binary(max_size=70), st.sampled_from(Algorithm))
def test_any_key_is_canonical_or_refused(name, public, algorithm):
    blob = b64encode(algorithm.type_bytes + public).decode()
    for candidate in (name, f"{name}+00000000+{blob}", f"PRIVATE+KEY+{name}+00000000+{blob}"):
        for parse, text in ((Verifier.parse, "vkey"), (Signer.parse, "skey")):
            try:
                key = parse(candidate)
            except Refused:
                continue
            assert getattr(key, text) == candidate


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=3))
def test_any_damage_to_a_signed_note_is_refused_or_harmless(place, junk):
    """Whatever is overwritten, the note is refused, or the signed text and the key's signature are untouched."""
    data = sign_text(HEAD.text(), [LOG], AT).encode()
    place %= len(data)
    damaged = data[:place] + junk + data[place + len(junk) :]
    try:
        opened = open_checkpoint(damaged, [LOG.verifier])
    except Refused:
        return
    assert opened.checkpoint == HEAD


def test_the_private_type_stands_in_the_key():
    blob = b64decode(LOG_SM2.verifier.vkey.split("+", 2)[2])
    assert blob.startswith(b"\xffmidun/sm2-sm3/v1\x04")


def test_it_rejects_keys_that_are_none():
    for algorithm in Algorithm:
        assert reason(Verifier, "name", algorithm, b"short") is Reason.KEY_MALFORMED
    assert reason(Verifier, "na me", Algorithm.ED25519, bytes(32)) is Reason.KEY_MALFORMED
    assert reason(Verifier, "", Algorithm.ED25519, bytes(32)) is Reason.KEY_MALFORMED
    assert reason(Verifier, "n", Algorithm.SM2, b"\4" + bytes(64)) is Reason.KEY_MALFORMED
    assert reason(lambda: Signer("n", Algorithm.SM2, bytes(32)).verifier) is Reason.KEY_MALFORMED
    for wrong in ("", VECTOR["vkey"], VECTOR["skey"][:-4], VECTOR["skey"].replace("c74f20a3", "c74f20a4")):
        assert reason(Signer.parse, wrong) is Reason.KEY_MALFORMED


WYCHEPROOF = json.loads((Path(__file__).parent / "vectors" / "wycheproof-ed25519.json").read_text())["cases"]


@pytest.mark.parametrize("case", WYCHEPROOF, ids=lambda case: str(case["tcId"]))
def test_published_ed25519_cases(case):
    key = Verifier("k", Algorithm.ED25519, bytes.fromhex(case["pk"]))
    assert key._holds(bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])) is (case["result"] == "valid")
