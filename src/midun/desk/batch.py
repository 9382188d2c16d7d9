"""Orders of copies, one per file and recipient; what was made before is found again by the registry."""

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from midun.lib.marking.code.message import new_copy_id
from midun.lib.marking.documents.files import read
from midun.lib.marking.errors import Refused
from midun.lib.marking.image.strength import NORMAL, Profile
from midun.lib.marking.issue import Made, Order, make
from midun.lib.marking.keys import MarkKey
from midun.lib.marking.label.signing import SignedLabel, SigningKey
from midun.lib.marking.registry import Issued, Registry


@dataclass(frozen=True)
class Terms:
    """What all copies of a batch share."""

    key: MarkKey
    signer: SigningKey
    at: dt.datetime
    person: str
    purpose: str = ""
    wording: bool = False
    label: SignedLabel | None = None
    profile: Profile = NORMAL
    glyphs: bool = False


def order(source: Path, digest: str, target: Path, recipient: str, terms: Terms, registry: Registry) -> Order | None:
    """Enter a copy and say what is to be made; nothing if it is there already."""
    row = registry.begin(
        Issued(
            new_copy_id(),
            terms.key.number,
            terms.key.fingerprint,
            digest,
            source.name,
            recipient,
            terms.purpose,
            terms.at.isoformat(),
        )
    )
    if row.copy and target.is_file() and hashlib.sha256(read(target)).hexdigest() == row.copy:
        return None
    return Order(
        source,
        target,
        row.copy_id,
        recipient,
        terms.key,
        terms.at,
        terms.person,
        terms.signer,
        terms.wording,
        terms.label,
        terms.profile,
        terms.glyphs,
    )


def made(given: Order) -> Made | Refused:
    """Make a copy; a refusal is an answer."""
    try:
        return make(given)
    except Refused as error:
        return error


def folders(recipients: Iterable[str]) -> dict[str, str]:
    """For each recipient a name that every file system takes, no two alike."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for recipient in recipients:
        safe = "".join("_" if letter in '\\/:*?"<>|' or letter < " " else letter for letter in recipient).strip(". ")
        plain = name = safe[:60] or "_"
        number = 1
        while name.casefold() in taken:
            number += 1
            name = f"{plain}({number})"
        taken.add(name.casefold())
        found[recipient] = name
    return found
