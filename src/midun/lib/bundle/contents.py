"""What a bundle holds: its members by their meaning, and the list that names them (docs/formats/bundle.md)."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from midun.lib.bundle.container import Unsound, pack, unpack
from midun.lib.tlog.errors import Refused
from midun.lib.tlog.proof import Proof, parse_proof

FORMAT = "midun-bundle/1"
MANIFEST, PROOF, CHECKPOINT, POLICY, STATEMENT = (
    "bundle.json",
    "proof.tlog-proof",
    "checkpoint.txt",
    "policy.txt",
    "statement.json",
)
MAX_TOKENS = 16
MAX_INDEX = (1 << 53) - 1
"""Larger numbers are not exact in JavaScript."""

_KEYS = ["format", "deposit", "index", "origin", "created", "files"]
_REQUIRED = (MANIFEST, PROOF, CHECKPOINT, POLICY)
_DEPOSIT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CREATED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Token:
    """A time-stamp response (RFC 3161, DER) and the certificates above its signer (PEM, the root last)."""

    response: bytes
    chain: bytes


@dataclass(frozen=True)
class Bundle:
    """The members by meaning. `papers` are those for people: certificate, verifiers, README.

    Nothing here is verified but the bundle's own list.
    """

    deposit: UUID
    created: datetime
    proof: bytes
    policy: bytes
    tokens: tuple[Token, ...] = ()
    statement: bytes | None = None
    papers: Mapping[str, bytes] = field(default_factory=dict)

    def encode(self) -> bytes:
        """The bytes of the bundle; equal contents give equal bytes.

        Raises `Unsound` (container-member, container-too-large), `Refused` (a proof that is none), ValueError.
        """
        if len(self.tokens) > MAX_TOKENS or self.created.tzinfo is None:
            raise ValueError("at most 16 tokens, and a time with its zone")
        proof = parse_proof(self.proof)
        members = {PROOF: self.proof, CHECKPOINT: note_text(proof), POLICY: self.policy}
        for number, token in enumerate(self.tokens, 1):
            members |= {f"timestamps/{number:02}.tsr": token.response, f"timestamps/{number:02}.pem": token.chain}
        if self.statement is not None:
            members[STATEMENT] = self.statement
        members |= self.papers
        return pack({MANIFEST: self._manifest(proof, members), **members})

    def _manifest(self, proof: Proof, members: Mapping[str, bytes]) -> bytes:
        fields = {
            "format": FORMAT,
            "deposit": str(self.deposit),
            "index": proof.index,
            "origin": note_text(proof).decode().partition("\n")[0],
            "created": self.created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "files": {name: hashlib.sha256(data).hexdigest() for name, data in members.items()},
        }
        return canonical(fields)


def canonical(fields: Mapping[str, object]) -> bytes:
    """The one way to write the list: an indent of one space, keys in their order, UTF-8, a newline at the end."""
    return (json.dumps(fields, ensure_ascii=False, indent=1) + "\n").encode()


def note_text(proof: Proof) -> bytes:
    """The text of the proof's checkpoint, which time-stamps are made over: what stands before its signatures."""
    text, _blank, _signatures = proof.checkpoint.rpartition(b"\n\n")
    return text + b"\n"


def read_bundle(data: bytes) -> Bundle:
    """Read a bundle and check it against its own list.

    Raises `Unsound`: what `unpack` raises, member-missing, manifest-malformed, member-unlisted, member-changed.
    """
    members = unpack(data)
    for name in _REQUIRED:
        if name not in members:
            raise Unsound("member-missing", name)
    fields = _manifest(members[MANIFEST])
    listed = fields["files"]
    for name in listed:
        if name not in members:
            raise Unsound("member-missing", name)
    for name, content in members.items():
        if name != MANIFEST and name not in listed:
            raise Unsound("member-unlisted", name)
        if name != MANIFEST and hashlib.sha256(content).hexdigest() != listed[name]:
            raise Unsound("member-changed", name)
    tokens = _tokens(members)
    papers = {n: d for n, d in members.items() if n not in (*_REQUIRED, STATEMENT) and not n.startswith("timestamps/")}
    bundle = Bundle(
        UUID(fields["deposit"]),
        datetime.strptime(fields["created"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC),
        members[PROOF],
        members[POLICY],
        tokens,
        members.get(STATEMENT),
        papers,
    )
    _agrees(bundle, fields, members[CHECKPOINT])
    return bundle


def _tokens(members: Mapping[str, bytes]) -> tuple[Token, ...]:
    numbers = sorted({name[11:13] for name in members if name.startswith("timestamps/")})
    if numbers != [f"{number:02}" for number in range(1, len(numbers) + 1)]:
        raise Unsound("member-missing", f"timestamps/{len(numbers):02}.tsr", "numbers have a gap")
    for number in numbers:
        for suffix in ("tsr", "pem"):
            if f"timestamps/{number}.{suffix}" not in members:
                raise Unsound("member-missing", f"timestamps/{number}.{suffix}")
    return tuple(Token(members[f"timestamps/{n}.tsr"], members[f"timestamps/{n}.pem"]) for n in numbers)


def _manifest(data: bytes) -> dict[str, Any]:
    try:
        fields: dict[str, Any] = json.loads(data.decode())
        if list(fields) != _KEYS or canonical(fields) != data or fields["format"] != FORMAT:
            raise ValueError("keys, form or format")  # noqa: TRY301  # one place says malformed
        texts = (
            _DEPOSIT.fullmatch(fields["deposit"]),
            _CREATED.fullmatch(fields["created"]),
            all(_DIGEST.fullmatch(value) for value in fields["files"].values()),
            isinstance(fields["origin"], str),
        )
        if not all(texts) or type(fields["index"]) is not int or not 0 <= fields["index"] <= MAX_INDEX:
            raise ValueError("a value")  # noqa: TRY301  # same
        datetime.strptime(fields["created"], "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007  # only whether there is such a time
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise Unsound("manifest-malformed", MANIFEST, str(error)[:80]) from error
    return fields


def _agrees(bundle: Bundle, fields: Mapping[str, object], checkpoint: bytes) -> None:
    try:
        proof = parse_proof(bundle.proof)
    except Refused as refused:
        raise Unsound(refused.reason.value, PROOF, refused.detail) from refused
    if checkpoint != note_text(proof):
        raise Unsound("checkpoint-differs", CHECKPOINT)
    if fields["index"] != proof.index or fields["origin"] != checkpoint.decode().partition("\n")[0]:
        raise Unsound("manifest-wrong-log", MANIFEST)
