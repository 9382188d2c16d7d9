"""The verdict over a bundle, with this file's own code (docs/formats/bundle.md)."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from midun.lib.bundle.container import Unsound, unpack
from midun.lib.bundle.offline.der import epoch
from midun.lib.bundle.offline.notes import MLDSA, Head, Policy, open_head, read_policy
from midun.lib.bundle.offline.proofs import Entry, path_root, read_entry, read_opening, read_proof, sha256_of
from midun.lib.bundle.offline.tokens import Stamped, begins_chain, check_token, stamped_bytes, token_in
from midun.lib.bundle.words import DEVELOPMENT_POLICY, SAY, SENTENCES, fill

MANIFEST_KEYS = ["format", "deposit", "index", "origin", "created", "files"]
REQUIRED = ("bundle.json", "proof.tlog-proof", "checkpoint.txt", "policy.txt")
DEPOSIT_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
CREATED = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z")
HEX64 = re.compile(r"[0-9a-f]{64}")


class Check:
    """One verification: its steps so far, the step under way, and facts for programs."""

    def __init__(self) -> None:
        """Nothing is checked yet."""
        self.name = "container"
        self.steps: list[dict[str, str]] = []
        self.facts: dict[str, Any] = {}

    def say(self, state: str, sentence: str, check: str = "") -> None:
        """Note how a step went."""
        self.steps.append({"check": check or self.name, "state": state, "sentence": sentence})


def check_bundle(
    data: bytes,
    policy: bytes | None = None,
    roots: bytes | None = None,
    opening: bytes | None = None,
    file: tuple[int, bytes, bytes] | None = None,
) -> dict[str, Any]:
    """The verdict as in `midun-verdict/1`. `file` is size, SHA-256, SM3 (b"" where it was not computed)."""
    check = Check()
    reason = where = ""
    try:
        members = check_container(check, data)
        head, entry, believed = check_log(check, members, policy)
        check_witnesses(check, head, believed)
        check_tokens(check, members, head.text.encode(), roots)
        check_opening(check, entry, opening, file, members.get("statement.json"))
    except Unsound as unsound:
        reason, where = unsound.reason, unsound.where
        check.say("failed", SENTENCES[reason] + (f"（{where}）" if where else ""))
    missing = [SAY["absent-" + step["check"]] for step in check.steps if step["state"] == "missing"]
    status = "invalid" if reason else "valid-accepted-only" if missing else "valid"
    stamps = check.facts.get("tokens") or []
    key = "valid-development" if status == "valid" and stamps and all(s["development"] for s in stamps) else status
    sentence = fill(key, SENTENCES[reason] if reason else "、".join(missing))
    return {
        "format": "midun-verdict/1",
        "status": status,
        "reason": reason,
        "where": where,
        "sentence": sentence,
        "steps": check.steps,
        "facts": check.facts,
    }


def check_container(check: Check, data: bytes) -> dict[str, bytes]:
    """Step `container`: the members, checked against the bundle's list."""
    members = unpack(data)
    for name in REQUIRED:
        if name not in members:
            raise Unsound("member-missing", name)
    fields = read_manifest(members["bundle.json"])
    for name in fields["files"]:
        if name not in members:
            raise Unsound("member-missing", name)
    for name, content in members.items():
        if name != "bundle.json":
            if name not in fields["files"]:
                raise Unsound("member-unlisted", name)
            if hashlib.sha256(content).hexdigest() != fields["files"][name]:
                raise Unsound("member-changed", name)
    token_numbers(members)
    check_agreement(members, fields)
    check.say("ok", SAY["container"])
    check.facts.update(deposit=fields["deposit"], created=fields["created"])
    return members


def check_agreement(members: dict[str, bytes], fields: dict[str, Any]) -> None:
    """The list and `checkpoint.txt` say what the proof says."""
    try:
        proof = read_proof(members["proof.tlog-proof"])
    except Unsound as unsound:
        raise Unsound(unsound.reason, "proof.tlog-proof", unsound.detail) from None
    text = proof.checkpoint.rpartition(b"\n\n")[0] + b"\n"
    if members["checkpoint.txt"] != text:
        raise Unsound("checkpoint-differs", "checkpoint.txt")
    if fields["index"] != proof.place or fields["origin"] != text.decode().partition("\n")[0]:
        raise Unsound("manifest-wrong-log", "bundle.json")


def read_manifest(data: bytes) -> dict[str, Any]:
    """The bundle's list of its members."""
    try:
        fields = json.loads(data.decode())
        again = (json.dumps(fields, ensure_ascii=False, indent=1) + "\n").encode()
        sound = list(fields) == MANIFEST_KEYS and again == data and fields["format"] == "midun-bundle/1"
        sound = sound and bool(DEPOSIT_ID.fullmatch(fields["deposit"])) and isinstance(fields["origin"], str)
        sound = sound and all(HEX64.fullmatch(value) for value in fields["files"].values())
        sound = sound and type(fields["index"]) is int and 0 <= fields["index"] < 1 << 53
        created = CREATED.fullmatch(fields["created"])
        if sound and created and fields["created"] >= "1970":
            epoch(*(int(part) for part in created.groups()))
            return dict(fields)
    except (Unsound, ValueError, TypeError, AttributeError, KeyError, RecursionError):
        pass
    raise Unsound("manifest-malformed", "bundle.json")


def token_numbers(members: dict[str, bytes]) -> list[str]:
    """The numbers of the time-stamps, which have no gap and are pairs."""
    numbers = sorted({name[11:13] for name in members if name.startswith("timestamps/")})
    if numbers != [f"{number:02}" for number in range(1, len(numbers) + 1)]:
        raise Unsound("member-missing", f"timestamps/{len(numbers):02}.tsr")
    for number in numbers:
        for suffix in ("tsr", "pem"):
            if f"timestamps/{number}.{suffix}" not in members:
                raise Unsound("member-missing", f"timestamps/{number}.{suffix}")
    return numbers


def check_log(check: Check, members: dict[str, bytes], given: bytes | None) -> tuple[Head, Entry, Policy]:
    """Steps `policy`, `log`, `inclusion`."""
    check.name, where = "policy", "policy.txt" if given is None else "policy"
    try:
        policy = read_policy(members["policy.txt"] if given is None else given)
        check.say("note" if given is None else "ok", SAY["policy-own" if given is None else "policy-given"])
        check.name, where = "log", "proof.tlog-proof"
        proof = read_proof(members["proof.tlog-proof"])
        head = open_head(proof.checkpoint, policy)
        check.say("ok", fill("log", origin=head.origin, size=head.size))
        check.name = "inclusion"
        entry = read_entry(proof.extra)
        if path_root(proof.extra, proof.place, head.size, proof.hashes, sha256_of) != head.root:
            raise Unsound("inclusion-wrong")
    except Unsound as unsound:
        raise Unsound(unsound.reason, where, unsound.detail) from None
    check.say("ok", fill("inclusion", index=proof.place))
    check.facts.update(
        origin=head.origin,
        size=head.size,
        root=head.root.hex(),
        index=proof.place,
        kind=entry.kind,
        commitment_sha256=entry.sha256.hex(),
        commitment_sm3=entry.sm3.hex(),
        claimed_at=entry.claimed_at,
    )
    return head, entry, policy


def check_witnesses(check: Check, head: Head, policy: Policy) -> None:
    """Step `witness`."""
    check.name = "witness"
    keys = [key for key in policy.witnesses.values() if head.signed.get(key)]
    check.facts["cosigned"] = [[key.name, head.signed[key]] for key in keys]
    names = "、".join(key.name for key in keys)
    if not policy.filled(keys):
        check.say("missing", fill("witness-missing", names or SAY["none"]))
    elif policy.quorum == b"none":
        check.say("note", fill("witness-none", names or SAY["none"]))
    else:
        check.say("ok", fill("witness", names))
    passed = [key.name for key in [*policy.logs, *policy.witnesses.values()] if key.kind == MLDSA]
    if passed:
        check.say("note", fill("ml-dsa", "、".join(passed)))


def check_tokens(check: Check, members: dict[str, bytes], text: bytes, roots: bytes | None) -> None:
    """Step `time-stamp`, once for every token."""
    check.name = "time-stamp"
    found: list[dict[str, Any]] = []
    check.facts["tokens"] = found
    before: list[bytes] = []
    last: Stamped | None = None
    for number in token_numbers(members):
        name = f"timestamps/{number}.tsr"
        try:
            token = token_in(members[name])
            before = [] if begins_chain(token, text) else before
            covered = stamped_bytes(text, before)
            stamp = check_token(token, members[f"timestamps/{number}.pem"], covered, roots)
            if before and last and not last.at <= stamp.at <= last.ends:
                raise Unsound("token-renewal")
        except Unsound as unsound:
            raise Unsound(unsound.reason, name, unsound.detail) from None
        kind = "renewal" if before else "stamp"
        before, last = [*before, token], stamp
        development = stamp.policy == DEVELOPMENT_POLICY
        said = fill(kind, file=name, at=beijing_time(stamp.at), name=stamp.name)
        check.say("note" if development else "ok", said + (SAY["development"] if development else ""))
        found.append(
            {
                "file": name,
                "at": stamp.at,
                "name": stamp.name,
                "development": development,
                "root_sha256": stamp.root_sha256,
            }
        )
    if not found:
        check.say("missing", SAY["no-stamp"])
    elif roots is None:
        check.say("note", SAY["roots-own"])


def beijing_time(at: int) -> str:
    """Seconds since 1970 as date and time in Beijing."""
    days, rest = divmod(at + 8 * 3600, 86400)
    days += 719468  # from 0000-03-01, so that a leap day ends its year
    era, day = divmod(days, 146097)
    year = (day - day // 1460 + day // 36524 - day // 146096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day += 1 - (153 * month + 2) // 5
    year, month = year + era * 400 + (month > 9), month + 3 if month < 10 else month - 9
    return f"{year:04}-{month:02}-{day:02} {rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"


def check_opening(
    check: Check,
    entry: Entry,
    data: bytes | None,
    file: tuple[int, bytes, bytes] | None,
    statement: bytes | None,
) -> None:
    """Steps `opening`, `file`, `statement`."""
    check.name = "opening"
    if data is None:
        say_unopened(check, file is not None, statement is not None)
        return
    try:
        shown = read_opening(data)
        if shown.kind != entry.kind:
            raise Unsound("entry-wrong")
        if shown.commitment != (entry.sha256, entry.sm3):
            raise Unsound("commitment-wrong" if shown.kind == 1 else "manifest-wrong")
    except Unsound as unsound:
        raise Unsound(unsound.reason, "opening", unsound.detail) from None
    which = fill("in-set", count=shown.total, path=shown.path) if shown.kind == 2 else ""
    check.say("ok", fill("opening", which))
    check.facts["file"] = {"size": shown.size, "sha256": shown.sha256.hex(), "sm3": shown.sm3.hex()}
    check.name = "file"
    if file is None:
        check.say("note", SAY["file-none"])
    elif file[:2] != (shown.size, shown.sha256) or (file[2] and file[2] != shown.sm3):
        raise Unsound("file-wrong", "file")
    else:
        check.say("ok", SAY["file"])
    check.name = "statement"
    if statement is not None:
        if statement != shown.meta:
            raise Unsound("statement-wrong", "statement.json")
        check.say("ok", SAY["statement"])


def say_unopened(check: Check, file: bool, statement: bool) -> None:
    """What is left unknown without an opening."""
    check.say("note", SAY["opening-none"])
    if file:
        check.say("note", SAY["file-unopened"], "file")
    if statement:
        check.say("note", SAY["statement-unopened"], "statement")
