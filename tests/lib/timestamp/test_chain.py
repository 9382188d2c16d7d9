from datetime import timedelta

import pytest

from midun.lib.timestamp import der
from midun.lib.timestamp.authority import Authority
from midun.lib.timestamp.certificate import BASIC, EXTENDED_USAGE, KEY_USAGE, TIME_STAMPING, Certificate
from midun.lib.timestamp.chain import chain_of
from midun.lib.timestamp.errors import Reason, Refused
from midun.lib.timestamp.issuing import Identity, build, distinguished_name
from midun.lib.timestamp.keys import KeyKind, PrivateKey
from midun.lib.timestamp.pem import certificates_from_pem, certificates_to_pem
from midun.lib.timestamp.verify import verify_token
from tests.lib.timestamp.building import AT, DATA, YEAR, authority, request

KEY = PrivateKey.generate(KeyKind.P256)
VALID = (AT - YEAR, AT + YEAR)


def extension(oid, value, *, critical=True):
    return der.sequence(der.oid(oid), der.boolean(True) if critical else b"", der.octets(value))


AUTHORITY = extension(BASIC, der.sequence(der.boolean(True)))
STAMPING = extension(EXTENDED_USAGE, der.sequence(der.oid(TIME_STAMPING)))


def certificate(name, issuer, extensions, validity=VALID, key=KEY, issuer_key=KEY):
    names = [distinguished_name(each, "测试") for each in (name, issuer)]
    return build(key, names[0], issuer_key, names[1], validity, extensions)


def signed_with(leaf, *others):
    """Whether a token of this certificate leads to the last of the others."""
    token = Authority(Identity(KEY, (leaf,))).issue(request(), AT)
    return verify_token(token, DATA, roots=others[-1:], more=others).chain


def reason(*certificates):
    with pytest.raises(Refused) as refused:
        signed_with(*certificates)
    return refused.value.reason


ROOT = certificate("root", "root", [AUTHORITY])
MIDDLE = certificate("middle", "root", [AUTHORITY])
LEAF = certificate("leaf", "middle", [STAMPING])


def test_a_chain_of_three():
    assert signed_with(LEAF, MIDDLE, ROOT) == (LEAF, MIDDLE, ROOT)
    assert reason(LEAF, ROOT) is Reason.CHAIN_UNTRUSTED


@pytest.mark.parametrize(
    "extensions",
    [
        [],
        [extension(EXTENDED_USAGE, der.sequence(der.oid(TIME_STAMPING)), critical=False)],
        [extension(EXTENDED_USAGE, der.sequence(der.oid(TIME_STAMPING), der.oid("1.3.6.1.5.5.7.3.1")))],
        [extension(EXTENDED_USAGE, der.sequence(der.oid("1.3.6.1.5.5.7.3.1")))],
        [STAMPING, extension(KEY_USAGE, der.bits(b"\x20", 5))],
        [STAMPING, extension(KEY_USAGE, der.bits(b"\x84", 2))],
        [STAMPING, extension("1.2.3.4", der.null())],
    ],
)
def test_a_certificate_for_something_else_is_refused(extensions):
    assert reason(certificate("leaf", "root", extensions), ROOT) is Reason.CERTIFICATE_PURPOSE


@pytest.mark.parametrize(
    "extensions",
    [
        [],
        [extension(BASIC, der.sequence())],
        [extension(BASIC, der.sequence(der.boolean(False)))],
        [AUTHORITY, extension(KEY_USAGE, der.bits(b"\x80", 7))],
        [AUTHORITY, extension("2.5.29.30", der.sequence())],  # name constraints
    ],
)
def test_an_issuer_that_may_not_issue_is_refused(extensions):
    middle = certificate("middle", "root", extensions)
    assert reason(LEAF, middle, ROOT) is Reason.CERTIFICATE_PURPOSE


def test_the_length_of_the_path_is_kept():
    short = certificate("root", "root", [extension(BASIC, der.sequence(der.boolean(True), der.integer(0)))])
    assert signed_with(certificate("leaf", "root", [STAMPING]), short)
    assert reason(LEAF, MIDDLE, short) is Reason.CERTIFICATE_PURPOSE


def test_names_and_signatures_must_both_fit():
    stranger = certificate("middle", "root", [AUTHORITY], key=PrivateKey.generate(KeyKind.P256))
    assert reason(LEAF, stranger, ROOT) is Reason.CHAIN_UNTRUSTED
    assert signed_with(LEAF, stranger, MIDDLE, ROOT) == (LEAF, MIDDLE, ROOT)  # the wrong way is left again
    assert reason(LEAF, certificate("other", "root", [AUTHORITY]), ROOT) is Reason.CHAIN_UNTRUSTED


def test_every_certificate_must_be_valid_at_the_time():
    past = (AT - YEAR, AT - timedelta(days=1))
    assert reason(LEAF, certificate("middle", "root", [AUTHORITY], past), ROOT) is Reason.CERTIFICATE_TIME
    assert reason(LEAF, MIDDLE, certificate("root", "root", [AUTHORITY], past)) is Reason.CERTIFICATE_TIME


def test_a_bag_of_look_alikes_costs_little():
    """Certificates that sign each other in a circle, thousands of ways through: the search gives up."""
    bag = [
        certificate("round", "round", [AUTHORITY, extension("1.2.3", bytes([n]), critical=False)]) for n in range(16)
    ]
    with pytest.raises(Refused) as refused:
        chain_of(certificate("leaf", "round", [STAMPING]), bag, [ROOT], AT)
    assert refused.value.reason is Reason.CHAIN_UNTRUSTED


def test_chains_of_mixed_keys():
    root_key = PrivateKey.generate(KeyKind.SM2)
    root = certificate("root", "root", [AUTHORITY], key=root_key, issuer_key=root_key)
    leaf = certificate("leaf", "root", [STAMPING], issuer_key=root_key)
    assert signed_with(leaf, root) == (leaf, root)


@pytest.mark.parametrize("kind", KeyKind)
def test_certificates_survive_their_file(kind):
    chain = authority(kind).identity.chain
    text = certificates_to_pem(chain)
    assert certificates_from_pem(text) == chain
    for wrong in ("-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----", text[:200] + "AAAA" + text[200:]):
        with pytest.raises(Refused):
            certificates_from_pem(wrong)
    assert certificates_from_pem("") == ()


def test_a_changed_certificate_is_refused():
    raw = bytearray(LEAF.raw)
    for place in range(4, len(raw), 3):
        changed = raw.copy()
        changed[place] ^= 0x10
        try:
            changed_leaf = Certificate(bytes(changed))
            assert not changed_leaf.signed_by(MIDDLE)
        except Refused as refused:
            assert refused.reason in (Reason.CERTIFICATE_MALFORMED, Reason.ALGORITHM_UNKNOWN)
