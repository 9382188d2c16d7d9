"""Signed notes (C2SP signed-note@v1): reading, verifying, signing; and checkpoints, which are such notes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from midun.lib.tlog.checkpoint import Checkpoint, parse_checkpoint
from midun.lib.tlog.encoding import from_base64, from_utf8, to_base64
from midun.lib.tlog.errors import Reason, Refused
from midun.lib.tlog.keys import Signer, Verifier, valid_name

MAX_BYTES = 1 << 20
MAX_SIGNATURES = 64
_ID_BYTES = 4


class Signature(NamedTuple):
    """One signature line: key name, key ID of 4 bytes, signature."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        """The line, with its newline."""
        return f"— {self.name} {to_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True)
class Note:
    """A text ending in a newline, and signatures nobody has verified yet."""

    text: str
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        """The bytes of the note."""
        return (self.text + "\n" + "".join(signature.line() for signature in self.signatures)).encode()

    def with_signatures(self, more: Iterable[Signature]) -> "Note":
        """The note with more signatures; those of keys that stand there already replace the old."""
        added = {(item.name, item.key_id): item for item in more}
        kept = tuple(item for item in self.signatures if (item.name, item.key_id) not in added)
        return Note(self.text, (*kept, *added.values()))


def parse_signature(line: str) -> Signature:
    """Read a signature line without its newline. Raises `Refused(NOTE_MALFORMED)`."""
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—" or not valid_name(parts[1]):  # noqa: PLR2004  # dash, name, base64
        raise Refused(Reason.NOTE_MALFORMED, f"signature line {line[:60]!r}")
    blob = from_base64(parts[2], Reason.NOTE_MALFORMED)
    if len(blob) <= _ID_BYTES:
        raise Refused(Reason.NOTE_MALFORMED, "empty signature")
    return Signature(parts[1], blob[:_ID_BYTES], blob[_ID_BYTES:])


def parse_note(data: bytes) -> Note:
    """Read a note. Raises `Refused`: TOO_LARGE, NOT_UTF8, CONTROL_CHARACTER, NOTE_MALFORMED."""
    whole = from_utf8(data, MAX_BYTES)
    text, found, signatures = whole.rpartition("\n\n")
    if not found or not signatures.endswith("\n"):
        raise Refused(Reason.NOTE_MALFORMED, "no signatures")
    lines = signatures[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise Refused(Reason.TOO_LARGE, f"{len(lines)} signatures")
    return Note(text + "\n", tuple(parse_signature(line) for line in lines))


def verified(note: Note, verifiers: Iterable[Verifier]) -> dict[Verifier, int]:
    """Which of the keys signed the note, and when (0 for untimed types). Unknown keys are ignored.

    Raises `Refused`: what `Verifier.verify` raises for a signature of a known key, SIGNATURE_TWICE. An empty result is
    no error here.
    """
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    found: dict[Verifier, int] = {}
    for item in note.signatures:
        verifier = known.get((item.name, item.key_id))
        if verifier is None:
            continue
        if verifier in found:
            raise Refused(Reason.SIGNATURE_TWICE, verifier.name)
        found[verifier] = verifier.verify(note.text, item.signature)
    return found


def open_note(data: bytes, verifiers: Sequence[Verifier]) -> tuple[Note, dict[Verifier, int]]:
    """Read a note that at least one of the keys must have signed.

    Raises `Refused`: as `parse_note` and `verified`, SIGNATURE_MISSING.
    """
    note = parse_note(data)
    found = verified(note, verifiers)
    if not found:
        raise Refused(Reason.SIGNATURE_MISSING, "none of the known keys signed")
    return note, found


def sign_text(text: str, signers: Iterable[Signer], at: int) -> Note:
    """A note signed by these keys; `at` in seconds since 1970, for the types that have a time."""
    return Note(text, tuple(signature_of(signer, text, at) for signer in signers))


def signature_of(signer: Signer, text: str, at: int) -> Signature:
    """One key's signature of a note text."""
    return Signature(signer.name, signer.verifier.key_id, signer.sign(text, at))


@dataclass(frozen=True)
class SignedCheckpoint:
    """A checkpoint whose log signature holds. `signed` are the known keys that signed it, with their times."""

    checkpoint: Checkpoint
    note: Note
    signed: Mapping[Verifier, int]


def open_checkpoint(data: bytes, log_keys: Sequence[Verifier], witnesses: Sequence[Verifier] = ()) -> SignedCheckpoint:
    """Read a checkpoint signed by a log key that bears its origin as name; cosignatures of known witnesses are checked.

    Raises `Refused`: as `parse_note`, `parse_checkpoint` and `verified`, SIGNATURE_MISSING.
    """
    note = parse_note(data)
    checkpoint = parse_checkpoint(note.text)
    of_origin = [key for key in log_keys if key.name == checkpoint.origin]
    signed = verified(note, [*of_origin, *witnesses])
    if not any(key in signed for key in of_origin):
        raise Refused(Reason.SIGNATURE_MISSING, f"no known key of {checkpoint.origin!r} signed")
    return SignedCheckpoint(checkpoint, note, signed)
