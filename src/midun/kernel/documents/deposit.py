"""The certificate of a deposit in the evidence log: for reading; what is proven lies beside it in the bundle."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from midun.kernel.documents.certificate import qr_svg
from midun.kernel.documents.pdf import compile_pdf


@dataclass(frozen=True)
class DepositCertificate:
    """What the certificate says, all in words.

    `deposit` and `statement` are rows: name, value, whether it is a digest or another string of machines. `stamps` are
    rows of file, authority, time, end of validity; `confirmations` of name, role, time. `warnings` stand in a red
    frame. `qr` is what the QR code holds.
    """

    number: str
    made_at: str
    platform: str
    address: str
    qr: str
    deposit: Sequence[tuple[str, str, bool]]
    stamps: Sequence[tuple[str, str, str, str]]
    confirmations: Sequence[tuple[str, str, str]]
    statement: Sequence[tuple[str, str, bool]] = ()
    warnings: Sequence[str] = ()


def deposit_certificate_pdf(certificate: DepositCertificate, *, at: datetime) -> bytes:
    """The certificate as portrait A4. Equal input gives equal bytes."""
    return compile_pdf("deposit.typ", asdict(certificate), at=at, images={"qr.svg": qr_svg(certificate.qr)})
