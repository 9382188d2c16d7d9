"""Trust policies (C2SP tlog-policy): which logs are believed, and which witnesses must have cosigned."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from midun.lib.tlog.errors import Reason, Refused
from midun.lib.tlog.keys import Algorithm, Verifier
from midun.lib.tlog.note import SignedCheckpoint, open_checkpoint

MAX_BYTES = 1 << 20
MAX_LINES_OF_A_KIND = 64
NONE = b"none"
_LOG_TYPES = (Algorithm.ED25519, Algorithm.MLDSA44_COSIGNATURE, Algorithm.SM2)
_WITNESS_TYPES = (Algorithm.ED25519_COSIGNATURE, Algorithm.MLDSA44_COSIGNATURE)
_ALLOWED = frozenset({0x09, 0x0A, *range(0x20, 0x7F), *range(0x80, 0x100)})


@dataclass(frozen=True)
class Party:
    """A log or a witness: its key, and its URL ("" if the policy names none)."""

    key: Verifier
    url: str = ""


@dataclass(frozen=True)
class Group:
    """Witnesses as soon as `threshold` of its members (witnesses or groups) have."""

    threshold: int
    members: tuple[bytes, ...]


@dataclass(frozen=True)
class Policy:
    """A parsed policy. Names are bytes, as the specification wants; `quorum` is the name of a witness or group."""

    logs: tuple[Party, ...]
    witnesses: Mapping[bytes, Party]
    groups: Mapping[bytes, Group]
    quorum: bytes

    def satisfied_by(self, cosigned: Collection[Verifier]) -> bool:
        """Whether cosignatures by these keys fill the quorum."""
        present = set(cosigned)
        filled = {name for name, party in self.witnesses.items() if party.key in present}
        for name, group in self.groups.items():  # members always stand above their group
            if sum(member in filled for member in group.members) >= group.threshold:
                filled.add(name)
        return self.quorum == NONE or self.quorum in filled

    def verify(self, data: bytes) -> SignedCheckpoint:
        """Read a checkpoint that this policy believes.

        Raises `Refused`: what `open_checkpoint` raises, POLICY_LOG_UNKNOWN, POLICY_QUORUM_MISSING.
        """
        witnesses = [party.key for party in self.witnesses.values()]
        try:
            opened = open_checkpoint(data, [party.key for party in self.logs], witnesses)
        except Refused as refused:
            if refused.reason is Reason.SIGNATURE_MISSING:
                raise Refused(Reason.POLICY_LOG_UNKNOWN, refused.detail) from refused
            raise
        cosigned = [key for key in witnesses if opened.signed.get(key)]
        if not self.satisfied_by(cosigned):
            raise Refused(Reason.POLICY_QUORUM_MISSING, f"{len(cosigned)} cosignatures")
        return opened


@dataclass
class _Reader:
    """What has been read so far."""

    logs: list[Party] = field(default_factory=list)
    witnesses: dict[bytes, Party] = field(default_factory=dict)
    groups: dict[bytes, Group] = field(default_factory=dict)
    quorum: bytes | None = None
    used: set[bytes] = field(default_factory=set)

    def log(self, words: list[bytes]) -> None:
        key, url = _key_and_url(words, _LOG_TYPES)
        _need(all(party.key.public != key.public for party in self.logs), "the same log key twice")
        self.logs.append(Party(key, url))

    def witness(self, words: list[bytes]) -> None:
        _need(bool(words), "witness without a name")
        name = self._new_name(words[0])
        key, url = _key_and_url(words[1:], _WITNESS_TYPES)
        _need(all(party.key.public != key.public for party in self.witnesses.values()), "the same witness key twice")
        self.witnesses[name] = Party(key, url)

    def group(self, words: list[bytes]) -> None:
        _need(len(words) > 2, "group without members")  # noqa: PLR2004  # name, threshold, members
        name, members = self._new_name(words[0]), tuple(words[2:])
        for member in members:
            _need(self._known(member), f"member {member!r} is not defined above")
            _need(member not in self.used, f"member {member!r} stands in a group already")
            self.used.add(member)
        self.groups[name] = Group(_threshold(words[1], len(members)), members)

    def quorum_line(self, words: list[bytes]) -> None:
        _need(self.quorum is None, "a second quorum")
        _need(len(words) == 1, "quorum needs one name")
        _need(words[0] == NONE or self._known(words[0]), f"quorum {words[0]!r} is not defined above")
        self.quorum = words[0]

    def _known(self, name: bytes) -> bool:
        return name in self.witnesses or name in self.groups

    def _new_name(self, name: bytes) -> bytes:
        _need(name != NONE and not self._known(name), f"name {name!r} is taken")
        return name


def _need(holds: bool, detail: str) -> None:
    if not holds:
        raise Refused(Reason.POLICY_MALFORMED, detail)


def _threshold(word: bytes, members: int) -> int:
    if word in (b"any", b"all"):
        return 1 if word == b"any" else members
    _need(word.isdigit() and len(word) <= 3 and not word.startswith(b"0"), f"threshold {word!r}")  # noqa: PLR2004  # three digits are plenty
    _need(int(word) <= members, f"threshold {word!r} of {members} members")
    return int(word)


def _key_and_url(words: list[bytes], types: Collection[Algorithm]) -> tuple[Verifier, str]:
    _need(len(words) in (1, 2), "needs a key and perhaps a URL")
    try:
        key = Verifier.parse(words[0].decode())
        url = words[1].decode() if len(words) > 1 else ""
    except UnicodeDecodeError as error:
        raise Refused(Reason.POLICY_MALFORMED, "key or URL is not UTF-8") from error
    _need(key.algorithm in types, f"{key.name}: {key.algorithm.name} has no such role")
    return key, url


def parse_policy(data: bytes) -> Policy:
    """Read a policy file. Raises `Refused`: TOO_LARGE, POLICY_MALFORMED, KEY_MALFORMED, KEY_UNKNOWN_TYPE."""
    if len(data) > MAX_BYTES:
        raise Refused(Reason.TOO_LARGE, f"{len(data)} bytes")
    _need(_ALLOWED.issuperset(data), "control character")
    _need(data.endswith(b"\n"), "last line has no newline")
    reader = _Reader()
    handlers = {
        b"log": reader.log,
        b"witness": reader.witness,
        b"group": reader.group,
        b"quorum": reader.quorum_line,
    }
    for number, line in enumerate(data.split(b"\n"), 1):
        words = [word for word in line.replace(b"\t", b" ").split(b" ") if word]
        if not words or words[0].startswith(b"#"):
            continue
        handler = handlers.get(words[0])
        if handler is None:
            raise Refused(Reason.POLICY_MALFORMED, f"line {number}: {words[0][:20]!r}")
        handler(words[1:])
    if reader.quorum is None:
        raise Refused(Reason.POLICY_MALFORMED, "no quorum")
    for what in (reader.logs, reader.witnesses, reader.groups):
        if len(what) > MAX_LINES_OF_A_KIND:
            raise Refused(Reason.TOO_LARGE, f"more than {MAX_LINES_OF_A_KIND} of a kind")
    return Policy(
        tuple(reader.logs), MappingProxyType(reader.witnesses), MappingProxyType(reader.groups), reader.quorum
    )
