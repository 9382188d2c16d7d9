"""PEM (RFC 7468): certificates and keys as text files."""

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable

from midun.lib.timestamp.certificate import Certificate
from midun.lib.timestamp.errors import Reason, Refused

CERTIFICATE = "CERTIFICATE"
MAX_CHARACTERS = 1 << 18


def to_pem(label: str, data: bytes) -> str:
    """One block."""
    body = b64encode(data).decode()
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


def from_pem(label: str, text: str) -> list[bytes]:
    """All blocks of this label; what stands around them is ignored. Raises `Refused`: TOO_LARGE, DER_MALFORMED."""
    if len(text) > MAX_CHARACTERS:
        raise Refused(Reason.TOO_LARGE, f"{len(text)} characters")
    found = re.findall(rf"-----BEGIN {label}-----([A-Za-z0-9+/=\s]*)-----END {label}-----", text)
    try:
        return [b64decode("".join(block.split()), validate=True) for block in found]
    except binascii.Error as error:
        raise Refused(Reason.DER_MALFORMED, "base64") from error


def certificates_from_pem(text: str) -> tuple[Certificate, ...]:
    """All certificates of a PEM file. Raises `Refused`: as `from_pem`, CERTIFICATE_MALFORMED, ALGORITHM_UNKNOWN."""
    return tuple(Certificate(data) for data in from_pem(CERTIFICATE, text))


def certificates_to_pem(certificates: Iterable[Certificate]) -> str:
    """Certificates as a PEM file, each under its name."""
    return "".join(f"# {certificate.name}\n{to_pem(CERTIFICATE, certificate.raw)}" for certificate in certificates)
