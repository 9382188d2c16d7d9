"""Other people's implementations: the openssl command and rfc3161-client (Trail of Bits)."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
import rfc3161_client
from cryptography import x509

from midun.lib.timestamp.algorithms import SHA256, SHA512, SM3
from midun.lib.timestamp.errors import Reason, Refused
from midun.lib.timestamp.keys import KeyKind
from midun.lib.timestamp.messages import Request, Response
from midun.lib.timestamp.pem import certificates_from_pem
from midun.lib.timestamp.renewal import covered
from midun.lib.timestamp.verify import verify_token
from tests.lib.timestamp.building import AT, DATA, authority, openssl, openssl_accepts, request, root

COMMON = [KeyKind.P256, KeyKind.RSA]

CONFIG = """
[tsa]
default_tsa = it
[it]
dir = .
serial = ./serial
signer_cert = ./tsa.pem
signer_key = ./tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512, sm3
accuracy = secs:1, millisecs:500, microsecs:100
ordering = {ordering}
tsa_name = {name}
ess_cert_id_alg = {ess}
[req]
distinguished_name = dn
[dn]
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[stamping]
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid,issuer
"""


@pytest.mark.parametrize("kind", COMMON)
@pytest.mark.parametrize("digest", [SHA256, SHA512, SM3], ids=lambda digest: digest.name)
def test_openssl_accepts_our_tokens_and_refuses_changed_ones(tmp_path, kind, digest):
    response = authority(kind).respond(request(digest=digest).encode(), AT)
    assert openssl_accepts(tmp_path, response, DATA, root(kind), AT)
    assert not openssl_accepts(tmp_path, response, DATA + b"x", root(kind), AT)
    assert not openssl_accepts(tmp_path, response[:-1] + bytes([response[-1] ^ 1]), DATA, root(kind), AT)
    assert not openssl_accepts(tmp_path, response, DATA, root(kind, again=1), AT)


def test_openssl_accepts_a_renewal(tmp_path):
    token = Response.parse(authority().respond(request().encode(), AT)).granted()
    data = covered(DATA, [token])
    assert openssl_accepts(tmp_path, authority("rsa").respond(request(data).encode(), AT), data, root("rsa"), AT)


@pytest.mark.parametrize("kind", KeyKind)
def test_openssl_reads_all_our_messages(tmp_path, kind):
    (tmp_path / "q").write_bytes(request(nonce=9, digest=SM3).encode())
    (tmp_path / "r").write_bytes(authority(kind).respond(request(nonce=9, digest=SM3).encode(), AT))
    for message in ("query -in q", "reply -in r"):
        shown = openssl(tmp_path, "ts", f"-{message.split()[0]}", *message.split()[1:], "-text").stdout
        assert "Hash Algorithm: sm3" in shown
        assert "Nonce: 0x09" in shown


@pytest.mark.parametrize("kind", COMMON)
def test_rfc3161_client_accepts_our_tokens(kind):
    answer = rfc3161_client.decode_timestamp_response(authority(kind).respond(request(digest=SHA512).encode(), AT))
    trusted = x509.load_der_x509_certificate(root(kind).raw)
    verifier = rfc3161_client.VerifierBuilder().add_root_certificate(trusted).build()
    assert verifier.verify(answer, hashlib.sha512(DATA).digest())
    with pytest.raises(rfc3161_client.VerificationError):
        verifier.verify(answer, hashlib.sha512(DATA + b"x").digest())


def test_we_read_the_requests_of_rfc3161_client():
    made = rfc3161_client.TimestampRequestBuilder().data(DATA).nonce(nonce=True).build()
    found = Request.parse(made.as_bytes())
    assert found.imprint.digest == hashlib.sha512(DATA).digest()
    assert found.nonce == made.nonce


def openssl_authority(folder, key, **options):
    """A certificate chain and a configuration for `openssl ts -reply`; gives the root."""
    settings = {"ordering": "no", "name": "no", "ess": "sha256"} | options
    (folder / "ts.cnf").write_text(CONFIG.format(**settings))
    (folder / "serial").write_text("0C")
    new_key = ["-newkey", key[0], "-pkeyopt", key[1]]
    made = openssl(
        folder, "req", "-x509", *new_key, "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "30", "-subj",
        "/O=其他机构/CN=根", "-utf8", "-config", "ts.cnf", "-extensions", "ca",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    made = openssl(
        folder, "req", "-x509", *new_key, "-nodes", "-keyout", "tsa.key", "-out", "tsa.pem", "-days", "20", "-subj",
        "/O=其他机构/CN=时间戳", "-utf8", "-CA", "ca.pem", "-CAkey", "ca.key", "-config", "ts.cnf", "-extensions",
        "stamping",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return certificates_from_pem((folder / "ca.pem").read_text())


@pytest.mark.parametrize(
    ("key", "options", "more"),
    [
        (("rsa", "rsa_keygen_bits:2048"), {}, []),
        (("ec", "ec_paramgen_curve:P-256"), {"ordering": "yes", "name": "yes"}, []),
        (("ec", "ec_paramgen_curve:P-384"), {"ess": "sha1"}, ["-chain", "ca.pem"]),
    ],
    ids=["rsa", "p-256", "p-384 with its root and the old certificate identifier"],
)
def test_we_accept_the_replies_of_openssl(tmp_path, key, options, more):
    roots = openssl_authority(tmp_path, key, **options)
    for digest in (SHA256, SM3):
        (tmp_path / "q").write_bytes(request(digest=digest, nonce=5).encode())
        made = openssl(tmp_path, "ts", "-reply", "-queryfile", "q", "-config", "ts.cnf", "-out", "r", *more)
        assert made.returncode == 0, made.stderr
        token = Response.parse((tmp_path / "r").read_bytes()).granted()
        found = verify_token(token, DATA, roots=roots, nonce=5, policies=["1.2.3.4.1"])
        assert found.info.accuracy == timedelta(seconds=1, microseconds=500_100)
        assert abs(datetime.now(UTC) - found.info.time) < timedelta(minutes=5)
        with pytest.raises(Refused) as refused:
            verify_token(token, DATA + b"x", roots=roots)
        assert refused.value.reason is Reason.IMPRINT_WRONG


def test_openssl_refuses_and_we_say_so(tmp_path):
    openssl_authority(tmp_path, ("ec", "ec_paramgen_curve:P-256"))
    (tmp_path / "q").write_bytes(request(policy="1.9.9").encode())
    openssl(tmp_path, "ts", "-reply", "-queryfile", "q", "-config", "ts.cnf", "-out", "r")
    with pytest.raises(Refused) as refused:
        Response.parse((tmp_path / "r").read_bytes()).granted()
    assert refused.value.reason is Reason.NOT_GRANTED


@pytest.mark.parametrize("kind", COMMON)
def test_cryptography_reads_the_same_in_our_certificates(kind):
    for ours in authority(kind).identity.chain:
        theirs = x509.load_der_x509_certificate(ours.raw)
        assert (theirs.serial_number, theirs.issuer.public_bytes()) == (ours.serial, ours.issuer)
        assert (theirs.not_valid_before_utc, theirs.not_valid_after_utc) == (ours.not_before, ours.not_after)
        assert theirs.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value == ours.name
        assert len(theirs.extensions) == 5 if ours is authority(kind).identity.certificate else 4
    issuer, leaf = (x509.load_der_x509_certificate(c.raw) for c in authority(kind).identity.chain[::-1])
    leaf.verify_directly_issued_by(issuer)
