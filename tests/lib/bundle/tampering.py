"""Every way to hurt a bundle, by the class of bytes hurt, with the reason and the place the verdict must name.

Most are resealed: list and seal are made to fit again, as somebody would who wants to deceive.
"""

import hashlib
import json
import re
import struct
from base64 import b64decode, b64encode
from dataclasses import dataclass, field, replace

from midun.lib.bundle.container import pack, unpack
from midun.lib.bundle.contents import canonical
from midun.lib.tlog.commitment import digest_chunks
from tests.lib.bundle import building

PROOF = "proof.tlog-proof"


@dataclass(frozen=True)
class Hurt:
    """A bundle with what is given beside it, and the expected verdict."""

    name: str
    data: bytes
    reason: str
    where: str = ""
    given: dict = field(default_factory=dict)


def resealed(members, *, listed=True):
    """The members under a fitting list and seal."""
    members = dict(members)
    if listed:
        fields = json.loads(members["bundle.json"])
        fields["files"] = {n: hashlib.sha256(d).hexdigest() for n, d in members.items() if n != "bundle.json"}
        members["bundle.json"] = canonical(fields)
    return pack(members)


def sealed(body_and_end):
    """Raw bytes before the seal, sealed again."""
    tail = len(body_and_end) - 22
    return body_and_end + b"midun-bundle/1 " + hashlib.sha256(body_and_end[:tail]).hexdigest().encode()


def flip(data, at, bit=1):
    return data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]


def cases(one, many):
    """All of them. `one` has two tokens (P-256, RSA) and a statement; `many` is a set."""
    yield from container_cases(one.bundle.encode())
    yield from manifest_cases(one.bundle.encode())
    yield from proof_cases(one)
    yield from policy_cases(one)
    yield from token_cases(one)
    yield from opening_cases(one, many)


def container_cases(data):
    raw = data[:-79]
    members = unpack(data)
    yield Hurt("one bit of a member", flip(data, 200), "container-seal")
    yield Hurt("one bit of the seal", flip(data, len(data) - 3), "container-seal")
    yield Hurt("the seal's mark", flip(data, len(data) - 75), "container-malformed")
    yield Hurt("cut off", data[:-1], "container-malformed")
    yield Hurt("empty", b"", "container-malformed")
    yield Hurt("no archive at all", b"hello" * 100, "container-malformed")
    yield Hurt("bytes behind", data + b"\0", "container-malformed")
    yield Hurt("bytes before", b"\0" + data, "container-malformed")
    yield Hurt("17 MiB", data + bytes(17 << 20), "container-too-large")
    directory = struct.unpack_from("<I", raw, len(raw) - 6)[0]
    yield Hurt("a local header's checksum", sealed(flip(raw, 14)), "container-malformed", "bundle.json")
    yield Hurt("a local header's time", sealed(flip(raw, 10)), "container-malformed", "bundle.json")
    yield Hurt("a directory entry's mode", sealed(flip(raw, directory + 40)), "container-malformed", "bundle.json")
    yield Hurt("a directory entry's offset", sealed(flip(raw, directory + 42)), "container-malformed", "bundle.json")
    yield Hurt("a size too large", sealed(flip(raw, directory + 26, 0x40)), "container-malformed", "bundle.json")
    yield Hurt("encrypted", sealed(flip(raw, directory + 8)), "container-encrypted", "bundle.json")
    yield Hurt("deflate", sealed(flip(raw, directory + 10, 8)), "container-compressed", "bundle.json")
    yield Hurt("the end record's count", sealed(flip(raw, len(raw) - 12)), "container-malformed")
    yield Hurt("zip64's count", sealed(raw[:-14] + b"\xff\xff\xff\xff" + raw[-10:]), "container-too-large")
    name = directory + 46
    yield Hurt("traversal", sealed(raw[:name] + b"../../b.jsn" + raw[name + 11 :]), "container-member")
    yield Hurt("a name that is no text", sealed(flip(raw, name, 0x80)), "container-member")
    twice = raw.replace(b"\x0a\0\0\0policy.txt", b"\x0a\0\0\0README.txt")
    at = raw.index(b"policy.txt", directory)
    twice = twice[:at] + b"README.txt" + twice[at + 10 :]
    yield Hurt("one name twice", sealed(twice), "container-member", "README.txt")
    gap = raw[:directory] + b"hidden" + raw[directory:-6] + struct.pack("<I", directory + 6) + raw[-2:]
    yield Hurt("bytes between members and directory", sealed(gap), "container-malformed")
    yield Hurt("no members", pack({}), "member-missing", "bundle.json")
    for name in ("bundle.json", PROOF, "checkpoint.txt", "policy.txt"):
        left = {n: d for n, d in members.items() if n != name}
        yield Hurt(f"without {name}", pack(left), "member-missing", name)


def manifest_cases(data):
    members = unpack(data)
    text = members["bundle.json"]

    def with_list(new):
        return pack({**members, "bundle.json": new})

    for name in members:
        if name != "bundle.json":
            changed = pack({**members, name: flip(members[name], 5)})
            yield Hurt(f"a bit of {name}, list left as it was", changed, "member-changed", name)
    left = {n: d for n, d in members.items() if n != "README.txt"}
    yield Hurt("a listed member gone", pack(left), "member-missing", "README.txt")
    yield Hurt("a member not listed", pack({**members, "verify.py": b"#"}), "member-unlisted", "verify.py")
    token = {n: d for n, d in members.items() if n != "timestamps/02.pem"}
    yield Hurt("half a time-stamp", resealed(token), "member-missing", "timestamps/02.pem")
    token = {n: d for n, d in members.items() if "/01" not in n}
    yield Hurt("time-stamps with a gap", resealed(token), "member-missing", "timestamps/01.tsr")
    malformed = {
        "not JSON": b"{",
        "not UTF-8": b"\xff" + text,
        "another format": text.replace(b"bundle/1", b"bundle/2"),
        "a key twice": text.replace(b' "index"', b' "index": 1,\n "index"'),
        "a key more": text.replace(b' "index"', b' "note": 1,\n "index"'),
        "other white space": text.replace(b" ", b"  ", 1),
        "no UUID": text.replace(b"8f14e45f-", b"8f14e45g-"),
        "no such day": text.replace(b"2025-06-16", b"2025-06-31"),
        "a number as text": text.replace(b'"index": 417', b'"index": "417"'),
        "true for a number": text.replace(b'"index": 417', b'"index": true'),
        "a digest cut short": re.sub(rb"[0-9a-f]{64}", b"00", text, count=1),
        "a list": b"[]\n",
        "very deep": b"[" * 100_000,
    }
    for name, new in malformed.items():
        yield Hurt(f"list: {name}", with_list(new), "manifest-malformed", "bundle.json")
    yield Hurt("another index", with_list(text.replace(b": 417", b": 418")), "manifest-wrong-log", "bundle.json")
    other = text.replace(b"log.example.cn", b"log.example.cm")
    yield Hurt("another origin", with_list(other), "manifest-wrong-log", "bundle.json")
    other = resealed({**members, "checkpoint.txt": flip(members["checkpoint.txt"], 0)})
    yield Hurt("another checkpoint", other, "checkpoint-differs", "checkpoint.txt")


def proof_cases(one):
    bundle = one.bundle
    lines = bundle.proof.split(b"\n")
    at = {"magic": 0, "extra": 1, "index": 2, "hash": 3}

    def with_lines(new, name, reason):
        changed = replace(bundle, proof=b"\n".join(new))
        return Hurt(f"proof: {name}", forced(changed), reason, PROOF)

    def with_line(kind, new, name, reason):
        return with_lines([*lines[: at[kind]], new, *lines[at[kind] + 1 :]], name, reason)

    yield with_line("magic", b"c2sp.org/tlog-proof@v2", "another format", "proof-malformed")
    entry = b64decode(lines[1][6:])
    for name, place, reason in (
        ("the entry's magic", 0, "entry-malformed"),
        ("the entry's zeros", 6, "entry-malformed"),
        ("the entry's kind", 4, "entry-malformed"),
        ("the SHA-256 commitment", 8, "inclusion-wrong"),
        ("the SM3 commitment", 40, "inclusion-wrong"),
        ("the submitter's tag", 72, "inclusion-wrong"),
        ("the claimed time", 111, "inclusion-wrong"),
    ):
        hurt = flip(entry, place, 8 if place == 4 else 1)
        yield with_line("extra", b"extra " + b64encode(hurt), name, reason)
    yield with_line("extra", b"extra " + b64encode(entry[:-1]), "a short entry", "entry-malformed")
    yield with_lines([*lines[:1], *lines[2:]], "no entry", "entry-malformed")
    yield with_line("index", b"index 0417", "a number with a zero before it", "proof-malformed")
    hurt = b64encode(flip(b64decode(lines[3]), 7))
    yield with_line("hash", hurt, "a hash", "inclusion-wrong")
    yield with_line("hash", lines[3][:-1], "base64 cut short", "proof-malformed")
    yield with_lines([*lines[:3], *lines[4:]], "a hash less", "proof-length")
    yield with_lines([*lines[:4], lines[3], *lines[4:]], "a hash more", "proof-length")
    yield with_lines([*lines[:3], *[lines[3]] * 64, *lines[4:]], "64 hashes", "proof-length")
    blank = lines.index(b"")
    moved = {**dict(enumerate(lines)), 2: b"index 416"}
    yield Hurt(
        "proof: another index", forced(replace(bundle, proof=b"\n".join(moved.values()))), "inclusion-wrong", PROOF
    )
    for name, place, new, reason in (
        ("the size", blank + 2, b"1001", "signature-invalid"),
        ("the root", blank + 3, b64encode(b"\0" * 32), "signature-invalid"),
        ("a root cut short", blank + 3, lines[blank + 3][:-4], "checkpoint-malformed"),
        ("the origin", blank + 1, b"log.example.cm/evidence", "signature-invalid"),
    ):
        yield with_lines([*lines[:place], new, *lines[place + 1 :]], name, reason)
    extended = [*lines[: blank + 4], b"more", *lines[blank + 4 :]]
    yield with_lines(extended, "an extension line", "checkpoint-extension")
    first = blank + 5
    for number, who in enumerate(("the log's Ed25519", "the log's SM2", "a witness's", "the other witness's")):
        mark, name, blob = lines[first + number].rsplit(b" ", 2)
        hurt = b" ".join([mark, name, b64encode(flip(b64decode(blob), 40))])
        new = [*lines[: first + number], hurt, *lines[first + number + 1 :]]
        yield with_lines(new, f"{who} signature", "signature-invalid")
    hurt = b" ".join([mark, name, b64encode(flip(b64decode(blob), 11))])
    yield with_lines([*lines[: first + 3], hurt, *lines[first + 4 :]], "a cosignature's time", "signature-invalid")
    yield with_lines([*lines[: first + 1], lines[first], *lines[first + 1 :]], "a signature twice", "signature-twice")
    yield with_lines([*lines[:first], b"- a b", *lines[first:]], "a signature line", "note-malformed")
    yield with_lines([*lines[:first], *[lines[first]] * 65, b""], "65 signatures", "too-large")
    yield with_lines([*lines[:3], b"\x07" + lines[3], *lines[4:]], "a control character", "control-character")
    yield with_lines([*lines[:3], b"\xff" + lines[3], *lines[4:]], "not UTF-8", "not-utf8")


def forced(bundle):
    """The bundle's bytes also where its proof cannot be read: its list is made to fit as well as it can be."""
    good = building.one_file().bundle
    members = unpack(replace(bundle, proof=good.proof).encode())
    members[PROOF] = bundle.proof
    text = bundle.proof.partition(b"\n\n")[2].rpartition(b"\n\n")[0] + b"\n"
    members["checkpoint.txt"] = text
    fields = json.loads(members["bundle.json"])
    fields["origin"] = text.split(b"\n")[0].decode("utf-8", "replace")
    if b"index 416" in bundle.proof:
        fields["index"] = 416
    members["bundle.json"] = canonical(fields)
    return resealed(members)


def policy_cases(one):
    policy = one.bundle.policy
    data = one.bundle.encode()
    lines = policy.split(b"\n")
    malformed = {
        "no newline": policy[:-1],
        "no quorum": b"\n".join([*lines[:-2], b""]),
        "two quorums": policy + b"quorum none\n",
        "an unknown word": b"trust me\n" + policy,
        "a control character": policy + b"\x01\n",
        "a log key twice": lines[1] + b"\n" + policy,
        "a threshold too high": policy.replace(b"both all", b"both 3"),
        "a member unknown": policy.replace(b"all w0 w1", b"all w0 w2"),
        "a witness key as a log's": policy.replace(b"witness w0", b"log"),
    }
    for name, new in malformed.items():
        yield Hurt(f"policy: {name}", one.with_bundle(policy=new).bundle.encode(), "policy-malformed", "policy.txt")
        yield Hurt(f"given policy: {name}", data, "policy-malformed", "policy", {"policy": new})
    key = (
        policy.replace(b"+AS", b"+AT").replace(b"+AW", b"+AX") if b"+AW" in policy else policy.replace(b"+A", b"+B", 1)
    )
    yield Hurt("policy: a key's bits", one.with_bundle(policy=key).bundle.encode(), *key_reason(key), {})
    stranger = building.policy_text(logs=[replace(building.LOG, private=b"\x21" * 32)])
    yield Hurt("given policy: another log key", data, "policy-log-unknown", PROOF, {"policy": stranger})


def key_reason(policy):
    from midun.lib.tlog.errors import Refused
    from midun.lib.tlog.policy import parse_policy

    try:
        parse_policy(policy)
    except Refused as refused:
        return refused.reason.value, "policy.txt"
    raise AssertionError("the key still holds")


def token_cases(one):
    tokens = one.bundle.tokens
    text = one.text

    def with_token(name, number, reason, **changes):
        new = list(tokens)
        new[number] = replace(tokens[number], **changes)
        hurt = one.with_bundle(tokens=tuple(new)).bundle.encode()
        return Hurt(f"time-stamp {number + 1}: {name}", hurt, reason, f"timestamps/{number + 1:02}.tsr")

    for number in (0, 1):
        der = tokens[number].response
        imprint = der.index(hashlib.sha256(text).digest())
        yield with_token("the imprint", number, "token-imprint-wrong", response=flip(der, imprint))
        yield with_token("the signature", number, "token-signature-invalid", response=flip(der, len(der) - 4))
        serial = imprint + 32 + 2
        yield with_token("the statement", number, "token-signature-invalid", response=flip(der, serial))
        yield with_token("cut off", number, "token-malformed", response=der[:-1])
        yield with_token("bytes behind", number, "token-malformed", response=der + b"\0")
        yield with_token("nothing", number, "token-malformed", response=b"")
        refused = b"\x30\x05\x30\x03\x02\x01\x02"
        yield with_token("a refusal", number, "token-refused", response=refused)
        yield with_token("another's chain", number, "token-chain-untrusted", chain=tokens[1 - number].chain)
        yield with_token("no chain", number, "token-chain-untrusted", chain=b"")
        yield with_token("another's token", number, "token-chain-untrusted", response=tokens[1 - number].response)
    roots = {"roots": tokens[0].chain}
    yield Hurt("roots that lack one", one.bundle.encode(), "token-chain-untrusted", "timestamps/02.tsr", roots)


def opening_cases(one, many):
    for case, wrong in ((one, "commitment-wrong"), (many, "manifest-wrong")):
        data, what = case.bundle.encode(), "set" if case is many else "file"
        fields = json.loads(case.opening)

        def given(name, reason, data=data, what=what, fields=fields, case=case, file=None, **changes):
            opening = json.dumps({**fields, **changes}, ensure_ascii=False).encode()
            beside = {"opening": opening, **({"file": file} if file else {})}
            return Hurt(f"opening of a {what}: {name}", data, reason, "file" if file else "opening", beside)

        flipped = {
            name: ("f" if fields[name][0] != "f" else "e") + fields[name][1:] for name in ("sha256", "sm3", "salt")
        }
        for name, value in flipped.items():
            yield given(name, wrong, **{name: value})
        yield given("size", wrong, size=fields["size"] + 1)
        yield given("meta", wrong, meta=b64encode(b"somebody else").decode())
        yield given("a number that is none", "opening-malformed", size="1")
        yield given("a float", "opening-malformed", size=1.5)
        yield given("hex in capitals", "opening-malformed", salt=fields["salt"].upper().replace("0", "A"))
        yield given("a key more", "opening-malformed", more=1)
        yield given("another kind", "opening-malformed", kind=3)
        twice = case.opening.replace(b'"size"', b'"size": 1, "size"', 1)
        yield Hurt(f"opening of a {what}: twice", data, "opening-malformed", "opening", {"opening": twice})
        yield Hurt(f"opening of a {what}: no JSON", data, "opening-malformed", "opening", {"opening": b"?"})
        large = {"opening": b" " * ((1 << 20) + 1)}
        yield Hurt(f"opening of a {what}: too large", data, "too-large", "opening", large)
        yield given("another file", "file-wrong", file=digest_chunks([b"something else"]))
    fields = json.loads(many.opening)
    data = many.bundle.encode()
    for name, reason, changes in (
        ("path", "manifest-wrong", {"path": "设计/图纸-008.dwg"}),
        ("file salt", "manifest-wrong", {"file_salt": "00" * 32}),
        ("place", "manifest-wrong", {"index": fields["index"] ^ 1}),
        ("place beyond", "index-beyond-tree", {"index": fields["count"]}),
        ("count", "proof-length", {"count": 4000}),
        ("SHA-256 proof", "manifest-wrong", {"proof_sha256": fields["proof_sm3"]}),
        ("SM3 proof", "manifest-wrong", {"proof_sm3": fields["proof_sha256"]}),
        ("a proof cut short", "proof-length", {"proof_sm3": fields["proof_sm3"][:-1]}),
        ("a path that leaves", "opening-malformed", {"path": "../x"}),
    ):
        opening = json.dumps({**fields, **changes}).encode()
        yield Hurt(f"opening of a set: {name}", data, reason, "opening", {"opening": opening})
    yield Hurt("the other deposit's opening", data, "entry-wrong", "opening", {"opening": one.opening})
    other = one.with_bundle(statement=b"{}").bundle.encode()
    yield Hurt("another statement", other, "statement-wrong", "statement.json", {"opening": one.opening})


def good(one, many):
    """What holds, with its status: (name, bytes, what is given beside, status)."""
    witnessless = building.one_file(signers=(building.LOG,))
    with_pq = building.one_file(signers=(building.LOG, building.POST_QUANTUM, *building.WITNESSES, building.STRANGER))
    timeless, data = many.with_bundle(tokens=()).bundle.encode(), one.bundle.encode()
    roots = b"".join(token.chain for token in one.bundle.tokens)
    yield "one file", data, {}, "valid"
    yield "with opening", data, {"opening": one.opening}, "valid"
    yield "with file", data, {"opening": one.opening, "file": one.file}, "valid"
    yield "file without opening", data, {"file": one.file}, "valid"
    yield "own trust", data, {"policy": building.policy_text(), "roots": roots}, "valid"
    yield "quorum none", data, {"policy": building.policy_text(witnesses=[])}, "valid"
    yield "SM2 only", data, {"policy": building.policy_text(logs=[building.LOG_SM2])}, "valid"
    yield "one of two", data, {"policy": building.policy_text(quorum="any")}, "valid"
    yield "a set", many.bundle.encode(), {}, "valid"
    yield "a set opened", many.bundle.encode(), {"opening": many.opening, "file": many.file}, "valid"
    yield "no time-stamp", timeless, {"opening": many.opening}, "valid-accepted-only"
    yield "no witness", witnessless.bundle.encode(), {"opening": one.opening}, "valid-accepted-only"
    yield "unknown signatures", with_pq.bundle.encode(), {}, "valid-accepted-only"
    yield "development time-stamps", building.development(many).bundle.encode(), {}, "valid"
    yield "renewed", building.development(one, renewed=True).bundle.encode(), {"opening": one.opening}, "valid"
    stranger = building.policy_text(witnesses=[building.STRANGER])
    yield "other witnesses asked for", data, {"policy": stranger}, "valid-accepted-only"
