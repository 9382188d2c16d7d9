"""The certificate of attendance and the sign-in poster."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import segno

from midun.kernel.documents.pdf import compile_pdf


@dataclass(frozen=True)
class Certificate:
    """What a certificate states. `qr` is what its QR code holds; `signature` is printed for offline verification.

    `proof` is the signed statement as a file, attached to the PDF under the name of the certificate.
    """

    number: str
    name: str
    organisation: str
    event: str
    campaign: str
    day: date
    hours: str
    issuer: str
    issued_on: date
    code: str
    verify_url: str
    qr: str
    signature: str
    proof: bytes = b""


def qr_svg(text: str) -> bytes:
    """A QR code as SVG, error correction M, with its quiet zone."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", border=2, xmldecl=False, svgns=True, scale=8, omitsize=True
    )
    return out.getvalue()


def chinese_day(day: date) -> str:
    """2025年6月10日."""
    return f"{day.year}年{day.month}月{day.day}日"


def certificates_pdf(certificates: Sequence[Certificate], *, at: datetime) -> bytes:
    """The certificates as landscape A4 pages of one PDF, each with its proof attached."""
    pages, files = [], {}
    for index, certificate in enumerate(certificates):
        qr, proof = f"qr-{index}.svg", f"{certificate.number}.txt" if certificate.proof else ""
        files[qr] = qr_svg(certificate.qr)
        if proof:
            files[proof] = certificate.proof
        pages.append(
            {
                "number": certificate.number,
                "name": certificate.name,
                "organisation": certificate.organisation,
                "event": certificate.event,
                "campaign": certificate.campaign,
                "date": chinese_day(certificate.day),
                "hours": certificate.hours,
                "issuer": certificate.issuer,
                "issued_on": chinese_day(certificate.issued_on),
                "code": certificate.code,
                "verify_url": certificate.verify_url,
                "signature": certificate.signature,
                "qr": qr,
                "proof": proof,
            }
        )
    attaches = any(certificate.proof for certificate in certificates)
    return compile_pdf("certificate.typ", {"pages": pages}, at=at, images=files, attaches=attaches)


def certificate_pdf(certificate: Certificate, *, at: datetime) -> bytes:
    """One certificate."""
    return certificates_pdf([certificate], at=at)


@dataclass(frozen=True)
class Poster:
    """A sign-in poster: what, when, where, whose, and the address its QR code holds."""

    kicker: str
    title: str
    when: str
    place: str
    unit: str
    address: str
    steps: tuple[str, str, str] = ("手机扫描二维码", "填写单位、姓名、手机", "勾选同意并提交")


def poster_pdf(poster: Poster, *, at: datetime) -> bytes:
    """The poster as one A4 page."""
    data = {
        "kicker": poster.kicker,
        "title": poster.title,
        "when": poster.when,
        "place": poster.place,
        "unit": poster.unit,
        "steps": list(poster.steps),
    }
    return compile_pdf("poster.typ", data, at=at, images={"qr.svg": qr_svg(poster.address)})
