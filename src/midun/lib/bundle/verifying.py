"""Verify a bundle, with the quick library underneath: what `verify.py` and `verify.html` do with their own code."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from midun.lib.bundle.container import Unsound
from midun.lib.bundle.contents import POLICY, PROOF, STATEMENT, Bundle, note_text, read_bundle
from midun.lib.bundle.tokens import check_tokens
from midun.lib.bundle.verdict import SENTENCE_OF, State, Status, Step, Verdict
from midun.lib.bundle.words import SAY, fill
from midun.lib.tlog.commitment import Digests, Entry, parse_entry
from midun.lib.tlog.errors import Reason, Refused
from midun.lib.tlog.merkle import SHA256, verify_inclusion
from midun.lib.tlog.note import SignedCheckpoint, open_checkpoint
from midun.lib.tlog.opening import Opening
from midun.lib.tlog.policy import NONE, Policy, parse_policy
from midun.lib.tlog.proof import parse_proof

GIVEN_POLICY, OPENING, FILE = "policy", "opening", "file"
"""What `where` says for things that are not members."""

_BEIJING = timedelta(hours=8)


def verify_bundle(
    data: bytes,
    *,
    policy: bytes | None = None,
    roots: bytes | None = None,
    opening: bytes | None = None,
    file: Digests | None = None,
) -> Verdict:
    """Check everything that can be checked; the answer is never an exception.

    `policy` and `roots` (PEM) are what the verifier trusts, from elsewhere; without them those of the bundle are used
    and the verdict says so. `opening` is the opening file's bytes, `file` the digests of the file it opens.
    """
    run = _Run()
    try:
        bundle = run.container(data)
        signed, entry = run.log(bundle, policy)
        run.witnesses(signed, run.policy)
        run.tokens(bundle, roots)
        run.opening(bundle, entry, opening, file)
    except Unsound as unsound:
        sentence = SENTENCE_OF[unsound.reason] + (f"（{unsound.where}）" if unsound.where else "")
        run.say(run.check, State.FAILED, sentence)
        return Verdict(Status.INVALID, tuple(run.steps), unsound.reason, unsound.where, unsound.detail, run.facts)
    complete = all(step.state is not State.MISSING for step in run.steps)
    return Verdict(Status.VALID if complete else Status.ACCEPTED_ONLY, tuple(run.steps), facts=run.facts)


@contextmanager
def _at(where: str) -> Iterator[None]:
    """What the log's library refuses is refused at this place of the bundle."""
    try:
        yield
    except Refused as refused:
        raise Unsound(refused.reason.value, where, refused.detail) from refused


@dataclass
class _Run:
    """One verification: the steps so far. `check` is the step under way, to be named if it fails."""

    check: str = "container"
    steps: list[Step] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    policy: Policy = field(init=False)

    def say(self, check: str, state: State, sentence: str) -> None:
        self.steps.append(Step(check, state, sentence))

    def container(self, data: bytes) -> Bundle:
        bundle = read_bundle(data)
        self.say("container", State.OK, SAY["container"])
        self.facts |= {"deposit": str(bundle.deposit), "created": f"{bundle.created:%Y-%m-%dT%H:%M:%SZ}"}
        return bundle

    def log(self, bundle: Bundle, given: bytes | None) -> tuple[SignedCheckpoint, Entry]:
        self.check = "policy"
        where = POLICY if given is None else GIVEN_POLICY
        with _at(where):
            self.policy = parse_policy(bundle.policy if given is None else given)
        if given is None:
            self.say("policy", State.NOTE, SAY["policy-own"])
        else:
            self.say("policy", State.OK, SAY["policy-given"])
        self.check = "log"
        with _at(PROOF):
            proof = parse_proof(bundle.proof)
            signed = _opened(self.policy, proof.checkpoint)
        head = signed.checkpoint
        self.say("log", State.OK, fill("log", origin=head.origin, size=head.size))
        self.check = "inclusion"
        with _at(PROOF):
            entry = parse_entry(proof.extra or b"")
            leaf = SHA256.leaf(proof.extra or b"")
            verify_inclusion(leaf=leaf, index=proof.index, size=head.size, proof=proof.hashes, root=head.root)
        self.say("inclusion", State.OK, fill("inclusion", index=proof.index))
        self.facts |= {
            "origin": head.origin,
            "size": head.size,
            "root": head.root.hex(),
            "index": proof.index,
            "kind": int(entry.kind),
            "commitment_sha256": entry.commitment.sha256.hex(),
            "commitment_sm3": entry.commitment.sm3.hex(),
            "claimed_at": entry.time,
        }
        return signed, entry

    def witnesses(self, signed: SignedCheckpoint, policy: Policy) -> None:
        self.check = "witness"
        keys = [party.key for party in policy.witnesses.values()]
        cosigned = [(key.name, signed.signed[key]) for key in keys if signed.signed.get(key)]
        self.facts["cosigned"] = [list(pair) for pair in cosigned]
        names = "、".join(name for name, _at in cosigned)
        if not policy.satisfied_by([key for key in keys if signed.signed.get(key)]):
            self.say("witness", State.MISSING, fill("witness-missing", names or SAY["none"]))
        elif policy.quorum == NONE:
            self.say("witness", State.NOTE, fill("witness-none", names or SAY["none"]))
        else:
            self.say("witness", State.OK, fill("witness", names))

    def tokens(self, bundle: Bundle, roots: bytes | None) -> None:
        self.check = "time-stamp"
        text = note_text(parse_proof(bundle.proof))
        found: list[dict[str, Any]] = []
        self.facts["tokens"] = found
        for name, stamp in check_tokens(bundle.tokens, text, roots):
            said = fill("renewal" if stamp.renews else "stamp", file=name, at=beijing(stamp.at), name=stamp.name)
            said += SAY["development"] if stamp.development else ""
            self.say("time-stamp", State.NOTE if stamp.development else State.OK, said)
            found.append(stamp.facts(name))
        if not bundle.tokens:
            self.say("time-stamp", State.MISSING, SAY["no-stamp"])
        elif roots is None:
            self.say("time-stamp", State.NOTE, SAY["roots-own"])

    def opening(self, bundle: Bundle, entry: Entry, data: bytes | None, file: Digests | None) -> None:
        self.check = "opening"
        if data is None:
            self.say("opening", State.NOTE, SAY["opening-none"])
            if file is not None:
                self.say("file", State.NOTE, SAY["file-unopened"])
            if bundle.statement is not None:
                self.say("statement", State.NOTE, SAY["statement-unopened"])
            return
        with _at(OPENING):
            shown = Opening.parse(data)
            shown.verify(entry)
        which = fill("in-set", count=shown.in_set.count, path=shown.in_set.path) if shown.in_set else ""
        self.say("opening", State.OK, fill("opening", which))
        self.facts["file"] = {"size": shown.file.size, "sha256": shown.file.sha256.hex(), "sm3": shown.file.sm3.hex()}
        self.check = "file"
        if file is None:
            self.say("file", State.NOTE, SAY["file-none"])
        elif file != shown.file:
            raise Unsound(Reason.FILE_WRONG.value, FILE, f"{file.size} bytes, deposited were {shown.file.size}")
        else:
            self.say("file", State.OK, SAY["file"])
        self.check = "statement"
        if bundle.statement is not None:
            if bundle.statement != shown.meta:
                raise Unsound("statement-wrong", STATEMENT)
            self.say("statement", State.OK, SAY["statement"])


def _opened(policy: Policy, checkpoint: bytes) -> SignedCheckpoint:
    """The checkpoint, signed by a log of the policy; whether the quorum is filled is a step of its own."""
    logs = [party.key for party in policy.logs]
    try:
        return open_checkpoint(checkpoint, logs, [party.key for party in policy.witnesses.values()])
    except Refused as refused:
        if refused.reason is Reason.SIGNATURE_MISSING:
            raise Refused(Reason.POLICY_LOG_UNKNOWN, refused.detail) from refused
        raise


def beijing(at: int) -> str:
    """Seconds since 1970 as date and time in Beijing."""
    return f"{datetime.fromtimestamp(at, UTC) + _BEIJING:%Y-%m-%d %H:%M:%S}"
