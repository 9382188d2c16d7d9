from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midun.lib.timestamp import der
from midun.lib.timestamp.algorithms import DIGESTS, SHA256, SM3
from midun.lib.timestamp.authority import Authority
from midun.lib.timestamp.certificate import Certificate
from midun.lib.timestamp.errors import Reason, Refused
from midun.lib.timestamp.issuing import DEVELOPMENT_NOTICE, DEVELOPMENT_POLICY
from midun.lib.timestamp.keys import KeyKind
from midun.lib.timestamp.messages import Failure, Request, Response
from midun.lib.timestamp.token import parse_token
from midun.lib.timestamp.verify import verify_token
from tests.lib.timestamp.building import AT, DATA, YEAR, authority, request, root, stamp

KINDS = list(KeyKind)


def reason(call, *args, **more):
    with pytest.raises(Refused) as refused:
        call(*args, **more)
    return refused.value.reason


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("digest", DIGESTS.values(), ids=lambda digest: digest.name)
def test_a_token_holds(kind, digest):
    made = authority(kind)
    token = made.issue(request(digest=digest, nonce=77), AT)
    stamp = verify_token(token, DATA, roots=[made.identity.root], nonce=77, policies=[DEVELOPMENT_POLICY])
    assert (stamp.info.time, stamp.info.nonce, stamp.info.accuracy) == (AT, 77, timedelta(seconds=1))
    assert stamp.chain == made.identity.chain
    assert stamp.valid_until == made.identity.certificate.not_after
    assert {digest.name} < stamp.algorithms


@pytest.mark.parametrize("kind", KINDS)
def test_a_development_token_says_that_it_is_no_legal_time(kind):
    certificate = authority(kind).identity.certificate
    assert "开发用，非法定时间" in certificate.name
    assert DEVELOPMENT_NOTICE.encode() in certificate.subject
    assert der.utf8(DEVELOPMENT_NOTICE) in certificate.raw.replace(certificate.subject, b"")  # in the policy too
    assert verify_token(stamp(kind=kind), DATA, roots=[root(kind)]).info.policy == DEVELOPMENT_POLICY


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_survives_its_file(kind):
    identity = authority(kind).identity
    again = type(identity.key).from_pem(identity.key.pem())
    token = Authority(replace(identity, key=again)).issue(request(), AT)
    assert verify_token(token, DATA, roots=[identity.root])
    assert "PRIVATE" not in repr(identity)
    assert repr(identity.key).count("key=") == 0


def test_what_does_not_fit_is_named():
    token, trusted = stamp(), [root()]
    assert reason(verify_token, token, DATA + b" ", roots=trusted) is Reason.IMPRINT_WRONG
    assert reason(verify_token, token, DATA, roots=trusted, nonce=1) is Reason.NONCE_WRONG
    assert reason(verify_token, token, DATA, roots=trusted, policies=["1.2.3"]) is Reason.POLICY_WRONG
    assert reason(verify_token, token, DATA, roots=[]) is Reason.CHAIN_UNTRUSTED
    assert reason(verify_token, token, DATA, roots=[root(again=1)]) is Reason.CHAIN_UNTRUSTED
    assert reason(verify_token, token, DATA, roots=[root("sm2")]) is Reason.CHAIN_UNTRUSTED
    late = authority().issue(request(), AT + 2 * YEAR)
    assert reason(verify_token, late, DATA, roots=trusted) is Reason.CERTIFICATE_TIME
    early = authority().issue(request(), AT - YEAR)
    assert reason(verify_token, early, DATA, roots=trusted) is Reason.CERTIFICATE_TIME


def test_the_certificate_may_come_from_elsewhere():
    identity = authority().identity
    token = authority().issue(request(certificates=False), AT)
    assert parse_token(token).certificates == ()
    assert reason(verify_token, token, DATA, roots=[identity.root]) is Reason.SIGNER_MISSING
    assert verify_token(token, DATA, roots=[identity.root], more=[identity.certificate])
    assert verify_token(token, DATA, roots=[identity.certificate]).chain == (identity.certificate,)


def test_another_certificate_of_the_same_key_is_noticed():
    """ESSCertID binds the one certificate: another one of the same name, serial and key does not do."""
    mine, other = authority().identity, authority(again=2).identity
    assert mine.certificate.issuer == other.certificate.issuer
    raw = mine.certificate.raw.replace(
        der.encode(der.INTEGER, mine.certificate.serial.to_bytes(16, "big")),
        der.encode(der.INTEGER, other.certificate.serial.to_bytes(16, "big")),
    )
    forged = Certificate(raw)
    token = authority(again=2).issue(request(certificates=False), AT)
    assert reason(verify_token, token, DATA, roots=[forged]) is Reason.SIGNER_WRONG


CLASSES = ("certificate", "statement", "attributes", "signature", "identity")


def places(token):
    """Where each class of bytes lies in a token: (name, start, end)."""
    parsed = parse_token(token)
    [certificate] = parsed.certificates
    for name, part in (
        ("certificate", certificate.raw),
        ("statement", parsed.content),
        ("attributes", parsed.signer.attributes[2:]),
        ("signature", parsed.signer.signature),
        ("identity", der.sequence(certificate.issuer, der.integer(certificate.serial))),
    ):
        start = token.rfind(part[4:] if name == "attributes" else part)
        assert start > 0, name
        yield name, start, start + len(part)


@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_byte_anywhere_is_found(kind):
    """Any flipped bit gives a refusal of a kind that fits the place."""
    token, trusted = stamp(kind=kind), [root(kind)]
    found = {}
    step = 1 if kind == KeyKind.P256 else 5
    bounds = list(places(token))
    assert {name for name, _start, _end in bounds} == set(CLASSES)
    for place in range(0, len(token), step):
        changed = bytearray(token)
        changed[place] ^= 1 << place % 8
        where = next((name for name, start, end in bounds if start <= place < end), "frame")
        try:
            verify_token(bytes(changed), DATA, roots=trusted)
        except Refused as refused:
            found.setdefault(where, set()).add(refused.reason)
            continue
        # Only what nobody signs and nothing rests on may change: the list of digest algorithms and the version number.
        assert where == "frame", place
        assert place < 60, place
    assert Reason.SIGNATURE_WRONG in found["signature"] | found["statement"]
    assert Reason.IMPRINT_WRONG in found["statement"]
    assert Reason.SIGNER_MISSING in found["identity"]


GOOD = cache(stamp)


@given(st.data())
@settings(max_examples=150)
def test_garbled_tokens_are_refused_and_never_crash(data):
    token = bytearray(GOOD())
    for _change in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(token) - 1))
        length = data.draw(st.integers(0, 6))
        token[place : place + length] = data.draw(st.binary(max_size=6))
    try:
        found = verify_token(bytes(token), DATA, roots=[root()])
    except Refused as refused:
        assert refused.reason.sentence
    else:
        assert found.token.content == parse_token(GOOD()).content


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_by_every_reader(data):
    for candidate in (data, der.sequence(data), der.sequence(der.integer(1), data)):
        for reader in (parse_token, Request.parse, Response.parse, Certificate):
            try:
                reader(candidate)
            except Refused as refused:
                assert refused.reason.sentence


def test_every_reason_has_a_sentence():
    assert all(reason.sentence.endswith("。") for reason in Reason)


# ---- requests and responses


@given(st.sampled_from(list(DIGESTS.values())), st.none() | st.integers(0, 1 << 128), st.booleans())
def test_requests_come_back(digest, nonce, certificates):
    made = request(digest=digest, nonce=nonce, certificates=certificates, policy="1.2.3")
    assert Request.parse(made.encode()) == made


@given(st.sets(st.sampled_from(list(Failure))), st.text(max_size=20))
def test_refusals_come_back(failures, text):
    made = Response(2, text, frozenset(failures), b"")
    assert Response.parse(made.encode()) == made
    assert reason(made.granted) is Reason.NOT_GRANTED


def test_the_authority_answers_every_request():
    made = authority()
    assert verify_token(Response.parse(made.respond(request().encode(), AT)).granted(), DATA, roots=[root()])
    for wrong, failure in (
        (b"", Failure.BAD_DATA_FORMAT),
        (request().encode()[:-1], Failure.BAD_DATA_FORMAT),
        (request(policy="1.2.3").encode(), Failure.UNACCEPTED_POLICY),
        (request().encode().replace(der.oid(SHA256.oid), der.oid("2.16.840.1.101.3.4.2.4")), Failure.BAD_ALGORITHM),
    ):
        answer = Response.parse(made.respond(wrong, AT))
        assert (answer.status, answer.failures, answer.token) == (2, {failure}, b"")


def test_a_response_is_granted_exactly_when_it_has_a_token():
    for wrong in (Response(0, "", frozenset(), b""), Response(2, "", frozenset(), stamp())):
        assert reason(Response.parse, wrong.encode()) is Reason.RESPONSE_MALFORMED


def test_sm2_signatures_under_the_names_of_gm_t_0010_are_read():
    """A Chinese authority may call the structure and the algorithm by the identifiers of GM/T 0010."""
    token = stamp(kind="sm2", data=DATA)
    renamed = token.replace(der.oid("1.2.840.113549.1.7.2"), der.oid("1.2.156.10197.6.1.4.2.2"), 1)
    body = renamed[4:]
    assert verify_token(der.encode(0x30, body), DATA, roots=[root("sm2")]).info.imprint.algorithm is SM3
