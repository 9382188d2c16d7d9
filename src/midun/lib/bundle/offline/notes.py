"""Signed notes, keys and policies (C2SP signed-note, tlog-cosignature, tlog-policy), read and verified."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import NamedTuple

from midun.lib.bundle.container import Unsound
from midun.lib.bundle.offline.curves import SM2_CURVE, decode_point, ed25519_holds, sm2_holds

LARGEST = (1 << 63) - 1
MAX_NOTE = MAX_POLICY = 1 << 20
MAX_SIGNATURES = MAX_OF_A_KIND = 64
ED25519, COSIGNATURE, MLDSA, SM2_TYPE = b"\x01", b"\x04", b"\x06", b"\xffmidun/sm2-sm3/v1"
KEY_BYTES = {ED25519: 32, COSIGNATURE: 32, MLDSA: 1312, SM2_TYPE: 65}


def base64_of(text: str, reason: str, length: int | None = None) -> bytes:
    """Bytes of canonical base64."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raise Unsound(reason, "", "base64") from None
    if base64.b64encode(data).decode() != text or (length is not None and len(data) != length):
        raise Unsound(reason, "", "base64")
    return data


def decimal_of(text: str, reason: str) -> int:
    """A number in ASCII digits without leading zeros, up to 2^63-1."""
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or text != str(int(text)) or int(text) > LARGEST:
        raise Unsound(reason, "", "number")
    return int(text)


def text_of(data: bytes, limit: int) -> str:
    """UTF-8 without control characters but newline."""
    if len(data) > limit:
        raise Unsound("too-large")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Unsound("not-utf8") from None
    if any(character < " " and character != "\n" for character in text):
        raise Unsound("control-character")
    return text


def is_key_name(name: str) -> bool:
    """Whether it can name a key."""
    clean = not any(character.isspace() or character < " " or character == "+" for character in name)
    return clean and 0 < len(name.encode()) <= 255


class Key(NamedTuple):
    """A public key under a name; `kind` is its type's bytes."""

    name: str
    kind: bytes
    public: bytes

    def key_id(self) -> bytes:
        """The four bytes that stand before its signatures."""
        return hashlib.sha256(self.name.encode() + b"\n" + self.kind + self.public).digest()[:4]

    def verify(self, text: str, signature: bytes) -> int:
        """Check a signature of a note text; gives its time, 0 without one. Raises `Unsound`."""
        if self.kind == COSIGNATURE:
            at = int.from_bytes(signature[:8], "big")
            if len(signature) == 72 and at > LARGEST:
                raise Unsound("time-invalid")
            message = f"cosignature/v1\ntime {at}\n{text}".encode()
            holds = len(signature) == 72 and ed25519_holds(self.public, message, signature[8:])
        else:
            at, message = 0, text.encode()
            if len(signature) != 64:
                holds = False
            elif self.kind == SM2_TYPE:
                r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
                holds = sm2_holds(self.public, message, r, s)
            else:
                holds = ed25519_holds(self.public, message, signature)
        if not holds:
            raise Unsound("signature-invalid", "", self.name)
        return at


def read_key_text(vkey: str) -> Key:
    """name+id+base64. Raises `Unsound`: key-malformed, key-unknown-type."""
    parts = vkey.split("+", 2)
    if len(parts) != 3:
        raise Unsound("key-malformed")
    data = base64_of(parts[2], "key-malformed")
    kinds = [kind for kind in KEY_BYTES if data.startswith(kind)]
    if not kinds:
        raise Unsound("key-unknown-type")
    key = Key(parts[0], kinds[0], data[len(kinds[0]) :])
    sound = is_key_name(key.name) and len(key.public) == KEY_BYTES[key.kind] and key.key_id().hex() == parts[1]
    if not sound or (key.kind == SM2_TYPE and decode_point(SM2_CURVE, key.public) is None):
        raise Unsound("key-malformed")
    return key


class Policy(NamedTuple):
    """Logs, witnesses by name, groups as (threshold, members), and whose cosignature is needed."""

    logs: list[Key]
    witnesses: dict[bytes, Key]
    groups: dict[bytes, tuple[int, list[bytes]]]
    quorum: bytes

    def filled(self, cosigned: list[Key]) -> bool:
        """Whether cosignatures by these keys fill the quorum."""
        there = {name for name, key in self.witnesses.items() if key in cosigned}
        for name, (threshold, members) in self.groups.items():
            if sum(member in there for member in members) >= threshold:
                there.add(name)
        return self.quorum == b"none" or self.quorum in there


def need(holds: object, detail: str = "") -> None:
    """Refuse a policy unless something holds."""
    if not holds:
        raise Unsound("policy-malformed", "", detail)


def key_words(words: list[bytes], kinds: tuple[bytes, ...]) -> Key:
    """A key and perhaps a URL."""
    need(len(words) in (1, 2))
    try:
        text = words[0].decode()
        words[-1].decode()
    except UnicodeDecodeError:
        raise Unsound("policy-malformed") from None
    key = read_key_text(text)
    need(key.kind in kinds)
    return key


def threshold_of(word: bytes, members: int) -> int:
    """How many members of a group are enough."""
    if word in (b"any", b"all"):
        return 1 if word == b"any" else members
    need(word.isdigit() and len(word) <= 3 and not word.startswith(b"0") and int(word) <= members)
    return int(word)


def read_policy(data: bytes) -> Policy:
    """A policy file. Raises `Unsound`: too-large, policy-malformed, key-malformed, key-unknown-type."""
    if len(data) > MAX_POLICY:
        raise Unsound("too-large")
    need(data.endswith(b"\n") and all((byte >= 32 and byte != 127) or byte in (9, 10) for byte in set(data)))
    policy, quorum = Policy([], {}, {}, b""), None
    used: set[bytes] = set()
    for line in data.split(b"\n"):
        words = [word for word in line.replace(b"\t", b" ").split(b" ") if word]
        if not words or words[0].startswith(b"#"):
            continue
        verb, words = words[0], words[1:]
        known = {*policy.witnesses, *policy.groups}
        if verb == b"quorum":
            need(quorum is None and len(words) == 1 and (words[0] == b"none" or words[0] in known))
            quorum = words[0]
        else:
            policy_line(policy, verb, words, used)
    need(quorum is not None, "no quorum")
    if any(len(part) > MAX_OF_A_KIND for part in (policy.logs, policy.witnesses, policy.groups)):
        raise Unsound("too-large")
    return policy._replace(quorum=quorum or b"")


def policy_line(policy: Policy, verb: bytes, words: list[bytes], used: set[bytes]) -> None:
    """Take in a line that defines a log, a witness or a group."""
    need(verb in (b"log", b"witness", b"group"))
    if verb == b"log":
        key = key_words(words, (ED25519, MLDSA, SM2_TYPE))
        need(all(key.public != other.public for other in policy.logs))
        policy.logs.append(key)
        return
    need(words and words[0] != b"none" and words[0] not in policy.witnesses and words[0] not in policy.groups)
    if verb == b"witness":
        key = key_words(words[1:], (COSIGNATURE, MLDSA))
        need(all(key.public != other.public for other in policy.witnesses.values()))
        policy.witnesses[words[0]] = key
        return
    need(len(words) > 2)
    for member in words[2:]:
        need((member in policy.witnesses or member in policy.groups) and member not in used)
        used.add(member)
    policy.groups[words[0]] = (threshold_of(words[1], len(words) - 2), words[2:])


class Head(NamedTuple):
    """A checkpoint, its text, and the known keys that signed it with their times."""

    origin: str
    size: int
    root: bytes
    text: str
    signed: dict[Key, int]


def read_head(text: str) -> tuple[str, int, bytes]:
    """Origin, size and root of a checkpoint's text."""
    lines = text.split("\n")
    if len(lines) <= 3 or lines[-1] or not lines[0]:
        raise Unsound("checkpoint-malformed")
    if len(lines) > 4:
        raise Unsound("checkpoint-extension")
    return lines[0], decimal_of(lines[1], "checkpoint-malformed"), base64_of(lines[2], "checkpoint-malformed", 32)


def open_head(data: bytes, policy: Policy) -> Head:
    """A checkpoint signed by a log of the policy. ML-DSA-44 signatures are passed over: they need more than this file.

    Raises `Unsound`.
    """
    whole = text_of(data, MAX_NOTE)
    text, blank, lines = whole.rpartition("\n\n")
    if not blank or not lines.endswith("\n"):
        raise Unsound("note-malformed")
    rows = lines[:-1].split("\n")
    if len(rows) > MAX_SIGNATURES:
        raise Unsound("too-large")
    signatures = [signature_line(row) for row in rows]
    text += "\n"
    origin, size, root = read_head(text)
    logs = [key for key in policy.logs if key.name == origin]
    known = {(key.name, key.key_id()): key for key in [*logs, *policy.witnesses.values()] if key.kind != MLDSA}
    signed: dict[Key, int] = {}
    for name, blob in signatures:
        key = known.get((name, blob[:4]))
        if key is None:
            continue
        if key in signed:
            raise Unsound("signature-twice")
        signed[key] = key.verify(text, blob[4:])
    if not any(key in signed for key in logs):
        raise Unsound("policy-log-unknown")
    return Head(origin, size, root, text, signed)


def signature_line(line: str) -> tuple[str, bytes]:
    """Key name, and key ID with signature."""
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—" or not is_key_name(parts[1]):
        raise Unsound("note-malformed")
    blob = base64_of(parts[2], "note-malformed")
    if len(blob) <= 4:
        raise Unsound("note-malformed")
    return parts[1], blob
