"""Proofs of logging that are checked offline (C2SP tlog-proof@v1)."""

from collections.abc import Sequence
from dataclasses import dataclass

from midun.lib.tlog.encoding import from_base64, from_decimal, from_utf8, to_base64
from midun.lib.tlog.errors import Reason, Refused
from midun.lib.tlog.merkle import HASH_BYTES, MAX_PROOF, SHA256, verify_inclusion
from midun.lib.tlog.note import SignedCheckpoint
from midun.lib.tlog.policy import Policy

MAGIC = "c2sp.org/tlog-proof@v1"
EXTENSION = ".tlog-proof"
MAX_BYTES = 2 << 20


@dataclass(frozen=True)
class Proof:
    """An inclusion proof with its checkpoint. `extra` is None or bytes nobody vouches for."""

    index: int
    hashes: Sequence[bytes]
    checkpoint: bytes
    extra: bytes | None = None

    def encode(self) -> bytes:
        """The bytes of the file."""
        lines = [MAGIC]
        if self.extra is not None:
            lines.append(f"extra {to_base64(self.extra)}")
        lines += [f"index {self.index}", *(to_base64(item) for item in self.hashes), "", ""]
        return "\n".join(lines).encode() + self.checkpoint

    def verify(self, entry: bytes, policy: Policy) -> SignedCheckpoint:
        """Check that a believed log holds `entry` at `index`; gives the checkpoint with the keys that signed it.

        Raises `Refused`: what `Policy.verify` raises, and INDEX_BEYOND_TREE, PROOF_LENGTH, INCLUSION_WRONG.
        """
        signed = policy.verify(self.checkpoint)
        head = signed.checkpoint
        verify_inclusion(leaf=SHA256.leaf(entry), index=self.index, size=head.size, proof=self.hashes, root=head.root)
        return signed


def parse_proof(data: bytes) -> Proof:
    """Read a proof file. Raises `Refused`: TOO_LARGE, NOT_UTF8, CONTROL_CHARACTER, PROOF_MALFORMED, PROOF_LENGTH."""
    head, found, checkpoint = from_utf8(data, MAX_BYTES).partition("\n\n")
    lines = head.split("\n")
    if not found or not checkpoint or lines.pop(0) != MAGIC:
        raise Refused(Reason.PROOF_MALFORMED, "not a tlog-proof")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = from_base64(lines.pop(0).removeprefix("extra "), Reason.PROOF_MALFORMED)
    if not lines or not lines[0].startswith("index "):
        raise Refused(Reason.PROOF_MALFORMED, "no index")
    index = from_decimal(lines.pop(0).removeprefix("index "), Reason.PROOF_MALFORMED)
    if len(lines) > MAX_PROOF:
        raise Refused(Reason.PROOF_LENGTH, f"{len(lines)} hashes")
    hashes = tuple(from_base64(line, Reason.PROOF_MALFORMED, HASH_BYTES) for line in lines)
    return Proof(index, hashes, checkpoint.encode(), extra)
