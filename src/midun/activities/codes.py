"""Secrets in addresses: the sign-in token, the code that rotates, the ticket of an opened form, a private link."""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

from django.core import signing
from django.core.cache import cache
from django.urls import reverse

STEP = 60
TICKET_SECONDS = 15 * 60
_CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RECEIPT = signing.Signer(salt="activities.receipt")
_TICKET = signing.Signer(salt="activities.ticket")


def new_token() -> str:
    """128 random bits for an address."""
    return secrets.token_urlsafe(16)


def new_secret() -> str:
    """256 random bits, hexadecimal."""
    return secrets.token_hex(32)


def new_code() -> str:
    """80 random bits as 16 characters that nobody confuses (no I, L, O, U)."""
    return "".join(secrets.choice(_CODE_ALPHABET) for _ in range(16))


def read_code(text: str) -> str:
    """A verification code as typed, in the form it is stored in."""
    kept = "".join(c for c in text.upper() if c.isalnum())
    return kept.replace("O", "0").replace("I", "1").replace("L", "1")[:16]


def spaced(code: str) -> str:
    """ABCD-EFGH-JKLM-NPQR."""
    return "-".join(code[i : i + 4] for i in range(0, len(code), 4))


def rotating(secret: str, at: datetime) -> str:
    """The code of the minute: HMAC-SHA256 over the number of the 60-second step."""
    return _step_code(secret, int(at.timestamp()) // STEP)


def seconds_left(at: datetime) -> int:
    """Until the code changes."""
    return STEP - int(at.timestamp()) % STEP


def is_current(secret: str, code: str, at: datetime) -> bool:
    """Whether `code` is this step's or the previous one's."""
    step = int(at.timestamp()) // STEP
    given = code.encode()
    now, before = (hmac.compare_digest(_step_code(secret, s).encode(), given) for s in (step, step - 1))
    return now or before


def _step_code(secret: str, step: int) -> str:
    digest = hmac.new(bytes.fromhex(secret), step.to_bytes(8, "big"), hashlib.sha256).digest()
    return base64.b32encode(digest[:10]).decode().lower()


def ticket(token: str, at: datetime) -> str:
    """Proof that the form was opened with a current code; goes with the form, so filling it in may take a while."""
    return _TICKET.sign(f"{token}.{secrets.token_hex(8)}.{int(at.timestamp())}")


def is_ticket(text: str, token: str, at: datetime) -> bool:
    """Whether `text` is a ticket for this sign-in, not older than fifteen minutes."""
    try:
        owner, _, opened = _TICKET.unsign(text).rsplit(".", 2)
        return owner == token and 0 <= int(at.timestamp()) - int(opened) <= TICKET_SECONDS
    except (signing.BadSignature, ValueError):
        return False


def spend(text: str) -> bool:
    """Use a ticket up: True the first time. One scan is good for one person."""
    return bool(cache.add(f"ticket:{hashlib.sha256(text.encode()).hexdigest()}", 1, TICKET_SECONDS + STEP))


def receipt_path(participation_id: int) -> str:
    """The private address of a participation: where its certificate will be."""
    return reverse("activities:receipt", args=(_RECEIPT.sign(str(participation_id)).replace(":", "."),))


def participation_of(receipt: str) -> int | None:
    """The participation a private link leads to; None for a link we did not make."""
    try:
        return int(_RECEIPT.unsign(receipt.replace(".", ":")))
    except (signing.BadSignature, ValueError):
        return None
