"""Certificates of a development authority: a root of its own and a signing certificate, plainly named as no legal time.

Certificates of a licensed authority are never made here; they come from its certification authority.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from midun.lib.timestamp import der
from midun.lib.timestamp.certificate import (
    BASIC,
    COMMON_NAME,
    EXTENDED_USAGE,
    KEY_USAGE,
    POLICIES,
    SUBJECT_KEY,
    TIME_STAMPING,
    Certificate,
)
from midun.lib.timestamp.keys import KeyKind, PrivateKey

DEVELOPMENT_POLICY = "2.25.238826541219450219105834160243921867273"
"""Policy of tokens that are no legal time (an identifier from a UUID, ITU-T X.667)."""
DEVELOPMENT_NOTICE = "开发用，非法定时间 / for development, not legal time"
_ORGANISATION = "2.5.4.10"
_NOTICE_QUALIFIER = "1.3.6.1.5.5.7.2.2"
_AUTHORITY_KEY = "2.5.29.35"


@dataclass(frozen=True)
class Identity:
    """A private key and its certificates, its own first and the root last."""

    key: PrivateKey
    chain: tuple[Certificate, ...]

    @property
    def certificate(self) -> Certificate:
        """Its own certificate."""
        return self.chain[0]

    @property
    def root(self) -> Certificate:
        """The certificate to trust."""
        return self.chain[-1]


def development_identity(kind: KeyKind, at: datetime, valid_for: timedelta, name: str = "秘盾时间戳") -> Identity:
    """A new root and signing certificate of a development authority, valid from a day before `at`."""
    start, end = at - timedelta(days=1), at + valid_for
    root_key, key = PrivateKey.generate(kind), PrivateKey.generate(kind)
    root_name = distinguished_name(f"{name}根证书（开发用，非法定时间）", DEVELOPMENT_NOTICE)
    authority = [
        _extension(BASIC, True, der.sequence(der.boolean(True), der.integer(0))),
        _extension(KEY_USAGE, True, der.bits(b"\x06", 1)),
    ]
    root = build(root_key, root_name, root_key, root_name, (start, end + timedelta(days=1)), authority)
    notice = der.sequence(der.utf8(DEVELOPMENT_NOTICE))
    qualifier = der.sequence(der.sequence(der.oid(_NOTICE_QUALIFIER), notice))
    purpose = [
        _extension(KEY_USAGE, True, der.bits(b"\x80", 7)),
        _extension(EXTENDED_USAGE, True, der.sequence(der.oid(TIME_STAMPING))),
        _extension(POLICIES, False, der.sequence(der.sequence(der.oid(DEVELOPMENT_POLICY), qualifier))),
    ]
    subject = distinguished_name(f"{name}（开发用，非法定时间）", DEVELOPMENT_NOTICE)
    certificate = build(key, subject, root_key, root_name, (start, end), purpose)
    return Identity(key, (certificate, root))


def distinguished_name(common: str, organisation: str) -> bytes:
    """A Name with organisation and common name."""
    parts = ((_ORGANISATION, organisation), (COMMON_NAME, common))
    return der.sequence(*(der.set_of([der.sequence(der.oid(oid), der.utf8(text))]) for oid, text in parts))


def build(
    key: PrivateKey,
    subject: bytes,
    issuer_key: PrivateKey,
    issuer: bytes,
    validity: tuple[datetime, datetime],
    extensions: list[bytes],
) -> Certificate:
    """A certificate, version 3, for `key` under `subject`, signed by `issuer_key`."""
    identifiers = [
        _extension(SUBJECT_KEY, False, der.octets(_key_identifier(key))),
        _extension(
            _AUTHORITY_KEY,
            False,
            der.sequence(der.encode(der.context(0, constructed=False), _key_identifier(issuer_key))),
        ),
    ]
    body = der.sequence(
        der.encode(der.context(0), der.integer(2)),
        der.integer(secrets.randbits(127) | 1 << 126),
        issuer_key.algorithm,
        issuer,
        der.sequence(*map(der.validity_time, validity)),
        subject,
        key.public_info,
        der.encode(der.context(3), der.sequence(*extensions, *identifiers)),
    )
    return Certificate(der.sequence(body, issuer_key.algorithm, der.bits(issuer_key.sign(body))))


def _key_identifier(key: PrivateKey) -> bytes:
    return hashlib.sha256(key.public_info).digest()[:20]


def _extension(oid: str, critical: bool, value: bytes) -> bytes:
    return der.sequence(der.oid(oid), der.boolean(True) if critical else b"", der.octets(value))
