"""Proofs of batches brought home from the platform, and what they say of a copy (docs/formats/copy-disclosure.md)."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from midun.desk.keys import Home
from midun.lib.bundle.copies import BatchProof, BatchText, Disclosure, NotDisclosable
from midun.lib.bundle.copies_verified import verify_disclosure
from midun.lib.bundle.verdict import Status, Verdict
from midun.lib.bundle.verifying import verify_bundle
from midun.lib.marking.errors import Reason, Refused
from midun.lib.marking.manifest import Opening


def _folder(home: Home) -> Path:
    return home.path / "proofs"


def keep(home: Home, data: bytes) -> BatchText:
    """Keep the proof of a batch; a newer one of the same batch takes its place.

    Raises:
        Refused: BROKEN, it is no such file, or it does not hold.

    """
    try:
        proof = BatchProof.parse(data)
        said = BatchText.parse(proof.text)
    except NotDisclosable as error:
        raise Refused(Reason.BROKEN, str(error)) from error
    verdict = verify_bundle(proof.bundle)
    if verdict.status is Status.INVALID:
        raise Refused(Reason.BROKEN, verdict.sentence)
    folder = _folder(home)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = folder / f"{said.batch}.tmp"
    temporary.write_bytes(data)
    temporary.replace(folder / f"{said.batch}.json")
    return said


def kept(home: Home) -> Iterator[BatchProof]:
    """Every proof here; a file that is damaged is passed over: it proves nothing."""
    for path in sorted(_folder(home).glob("*.json")):
        try:
            yield BatchProof.parse(path.read_bytes())
        except NotDisclosable:
            continue


def disclosure_of(home: Home, opening: Opening) -> Disclosure | None:
    """A copy with the proof of its batch, if that is here."""
    commitment = opening.commitment
    proof = next((one for one in kept(home) if commitment in one.copies), None)
    return proof.disclose(opening) if proof else None


def log_facts(home: Home, opening: Opening) -> dict[str, Any] | None:
    """What the report says of the deposit of a copy's batch, with everything that proves it; nothing if it is unknown.

    The verdict is that of the day on which it is made.
    """
    shown = disclosure_of(home, opening)
    if shown is None:
        return None
    data = shown.encode()
    verdict = verify_disclosure(data)
    return {**_said(verdict), "disclosure": json.loads(data)}


def _said(verdict: Verdict) -> dict[str, Any]:
    facts = verdict.facts
    batch = facts.get("batch", {})
    return {
        "status": str(verdict.status),
        "sentence": verdict.sentence,
        "batch": batch.get("batch", ""),
        "number": batch.get("index", 0) + 1,
        "copies": batch.get("copies", 0),
        "deposit": facts.get("deposit", ""),
        "origin": facts.get("origin", ""),
        "index": facts.get("index", 0),
        "size": facts.get("size", 0),
        "root": facts.get("root", ""),
        "cosigned": [name for name, _at in facts.get("cosigned", [])],
        "stamps": [
            {**stamp, "time": dt.datetime.fromtimestamp(stamp["at"], dt.UTC).isoformat()}
            for stamp in facts.get("tokens", [])
        ],
        "steps": [[str(step.state), step.sentence] for step in verdict.steps],
    }
