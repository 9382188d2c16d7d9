"""Asking witnesses for cosignatures (C2SP tlog-witness@v1): the request, and a client over any transport."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from midun.lib.tlog.checkpoint import Checkpoint, parse_checkpoint
from midun.lib.tlog.encoding import from_base64, from_decimal, from_utf8, to_base64
from midun.lib.tlog.errors import Reason, Refused
from midun.lib.tlog.keys import Verifier
from midun.lib.tlog.merkle import HASH_BYTES, MAX_PROOF, Nodes, consistency_proof
from midun.lib.tlog.note import Note, Signature, parse_note, parse_signature, verified

MAX_REQUEST = 1 << 18
MAX_REPLY = 1 << 16
SIZE_TYPE = "text/x.tlog.size"
MAX_SKEW = 600
"""Seconds a cosignature's time may differ from ours: older ones are replays, newer ones a wrong clock."""
_ATTEMPTS = 3
_OK, _CONFLICT = 200, 409


@dataclass(frozen=True)
class AddCheckpoint:
    """The body of `add-checkpoint`: a checkpoint, and the proof that it continues the tree of `old` leaves."""

    old: int
    proof: Sequence[bytes]
    checkpoint: bytes

    def encode(self) -> bytes:
        """The bytes of the body."""
        lines = [f"old {self.old}", *(to_base64(item) for item in self.proof), "", ""]
        return "\n".join(lines).encode() + self.checkpoint

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a body. Raises `Refused`: TOO_LARGE, NOT_UTF8, CONTROL_CHARACTER, PROOF_MALFORMED, PROOF_LENGTH."""
        head, found, checkpoint = from_utf8(data, MAX_REQUEST).partition("\n\n")
        first, *rest = head.split("\n")
        if not found or not first.startswith("old "):
            raise Refused(Reason.PROOF_MALFORMED, "not an add-checkpoint request")
        if len(rest) > MAX_PROOF:
            raise Refused(Reason.PROOF_LENGTH, f"{len(rest)} hashes")
        old = from_decimal(first.removeprefix("old "), Reason.PROOF_MALFORMED)
        proof = tuple(from_base64(line, Reason.PROOF_MALFORMED, HASH_BYTES) for line in rest)
        return cls(old, proof, checkpoint.encode())


class Reply(NamedTuple):
    """What a witness answered: HTTP status, Content-Type without parameters, body."""

    status: int
    content_type: str
    body: bytes


Post = Callable[[str, bytes], Reply]
"""Sends a body to an address by POST; keeps time limits; raises OSError where there was no whole answer."""


class WitnessClient:
    """One witness, as one log sees it. Not for use by several threads at once."""

    def __init__(self, prefix: str, keys: Sequence[Verifier], post: Post, known_size: int = 0) -> None:
        """`prefix` is the submission prefix, `keys` are the witness's, `known_size` what it cosigned last, if known."""
        self._address = prefix.rstrip("/") + "/add-checkpoint"
        self._keys = tuple(keys)
        self._post = post
        self._believed = known_size
        self._cosigned = known_size

    def cosign(self, checkpoint: bytes, nodes: Nodes, now: int) -> list[Signature]:
        """The witness's valid cosignatures of a checkpoint; `nodes` reads the log's tree, `now` is in seconds.

        Raises `Refused`: WITNESS_UNREACHABLE, WITNESS_REFUSED (with the status), WITNESS_LIED (bad or no signature,
        a time that is not now, nonsense, a size below what it has cosigned), and what `nodes` raises.
        """
        note = parse_note(checkpoint)
        head = parse_checkpoint(note.text)
        for _attempt in range(_ATTEMPTS):
            reply = self._ask(head, checkpoint, nodes)
            if reply.status == _OK:
                return self._accept(reply, note, head, now)
            if reply.status != _CONFLICT or reply.content_type != SIZE_TYPE:
                raise Refused(Reason.WITNESS_REFUSED, f"status {reply.status}: {reply.body[:200]!r}")
            self._believe(reply, head)
        raise Refused(Reason.WITNESS_REFUSED, f"another size each time, {_ATTEMPTS} times")

    def _ask(self, head: Checkpoint, checkpoint: bytes, nodes: Nodes) -> Reply:
        old = min(self._believed, head.size)
        body = AddCheckpoint(old, consistency_proof(old, head.size, nodes), checkpoint).encode()
        try:
            reply = self._post(self._address, body)
        except OSError as error:
            raise Refused(Reason.WITNESS_UNREACHABLE, repr(error)) from error
        if len(reply.body) > MAX_REPLY:
            raise Refused(Reason.WITNESS_LIED, f"answer of {len(reply.body)} bytes")
        return reply

    def _believe(self, reply: Reply, head: Checkpoint) -> None:
        """Take the size a witness says it is at, if it can be true."""
        text = reply.body.decode("ascii", "replace")
        if not text.endswith("\n"):
            raise Refused(Reason.WITNESS_LIED, f"size {text[:40]!r}")
        size = from_decimal(text[:-1], Reason.WITNESS_LIED)
        if size < self._cosigned:
            raise Refused(Reason.WITNESS_LIED, f"says size {size}, has cosigned {self._cosigned}")
        if size > head.size:
            raise Refused(Reason.WITNESS_REFUSED, f"is at size {size}, ahead of {head.size}")
        if size == min(self._believed, head.size):
            raise Refused(Reason.WITNESS_LIED, f"refuses size {size} and asks for it")
        self._believed = size

    def _accept(self, reply: Reply, note: Note, head: Checkpoint, now: int) -> list[Signature]:
        lines = _lines(reply.body)
        try:
            times = verified(Note(note.text, tuple(lines)), self._keys)
        except Refused as refused:
            raise Refused(Reason.WITNESS_LIED, str(refused)) from refused
        if not times:
            raise Refused(Reason.WITNESS_LIED, "no cosignature by a key of this witness")
        for key, time in times.items():
            if abs(time - now) > MAX_SKEW:
                raise Refused(Reason.WITNESS_LIED, f"{key.name}: time {time}, ours {now}")
        self._believed = self._cosigned = head.size
        known = {(key.name, key.key_id) for key in times}
        return [line for line in lines if (line.name, line.key_id) in known]


def _lines(body: bytes) -> list[Signature]:
    if not body.endswith(b"\n"):
        raise Refused(Reason.WITNESS_LIED, "no signature lines")
    try:
        text = from_utf8(body, MAX_REPLY)
        return [parse_signature(line) for line in text[:-1].split("\n")]
    except Refused as refused:
        raise Refused(Reason.WITNESS_LIED, str(refused)) from refused
