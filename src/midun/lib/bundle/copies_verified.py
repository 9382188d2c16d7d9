"""Verify the disclosure of a copy: its own steps, and those of the bundle (docs/formats/copy-disclosure.md)."""

import json
import re
from typing import Any

from midun.lib.bundle.container import Unsound
from midun.lib.bundle.copies import BatchText, Disclosure, NotDisclosable, deposited
from midun.lib.bundle.verdict import EVERY_SENTENCE, State, Status, Step, Verdict
from midun.lib.bundle.verifying import verify_bundle
from midun.lib.marking.code.message import write_id
from midun.lib.marking.manifest import ROW
from midun.lib.tlog.commitment import Kind
from midun.lib.tlog.errors import Refused
from midun.lib.tlog.merkle import SHA256, verify_inclusion

_ID = re.compile(r"[0-9a-f]{16}")
_SHOWN = 80


def verify_disclosure(data: bytes, *, policy: bytes | None = None, roots: bytes | None = None) -> Verdict:
    """Check everything that can be checked; the answer is never an exception. `policy`, `roots` as `verify_bundle`."""
    steps: list[Step] = []
    facts: dict[str, Any] = {}
    try:
        shown = _read(data, steps)
        facts["copy"] = _copy(shown, steps)
        facts["batch"] = _batch(shown, steps)
    except Unsound as unsound:
        return _refused(unsound, steps, facts)
    verdict = verify_bundle(shown.bundle, policy=policy, roots=roots)
    steps += [step for step in verdict.steps if step.check != "opening"]
    facts |= verdict.facts
    if verdict.status is Status.INVALID:
        return Verdict(Status.INVALID, tuple(steps), verdict.reason, verdict.where, verdict.detail, facts)
    held = deposited(shown.text, shown.salt)
    if (facts["kind"], facts["commitment_sha256"], facts["commitment_sm3"]) != (
        int(Kind.PLATFORM),
        held.sha256.hex(),
        held.sm3.hex(),
    ):
        return _refused(Unsound("disclosure-deposit", "batch"), steps, facts)
    steps.append(Step("batch-deposit", State.OK, "批次登记的文本与存证日志中的这条记录相符。"))
    return Verdict(verdict.status, tuple(steps), facts=facts)


def _refused(unsound: Unsound, steps: list[Step], facts: dict[str, Any]) -> Verdict:
    check = {"disclosure-malformed": "disclosure", "disclosure-copy": "copy", "disclosure-batch": "batch"}
    steps.append(Step(check.get(unsound.reason, "batch-deposit"), State.FAILED, EVERY_SENTENCE[unsound.reason]))
    return Verdict(Status.INVALID, tuple(steps), unsound.reason, unsound.where, unsound.detail, facts)


def _read(data: bytes, steps: list[Step]) -> Disclosure:
    try:
        shown = Disclosure.parse(data)
    except NotDisclosable as error:
        raise Unsound("disclosure-malformed", "disclosure", str(error)) from error
    steps.append(Step("disclosure", State.OK, "出示文件格式完整。"))
    return shown


def row_of(text: str) -> dict[str, str]:
    """What the text of an opening says, by its eight names.

    Raises:
        ValueError: it is no row of a registry.

    """
    row = json.loads(text)
    if not isinstance(row, dict) or set(row) != set(ROW) or not all(isinstance(one, str) for one in row.values()):
        raise ValueError("not a row")
    if not _ID.fullmatch(row["copy_id"]):
        raise ValueError("not a copy id")
    return row


def _copy(shown: Disclosure, steps: list[Step]) -> dict[str, str]:
    try:
        row = row_of(shown.opening.text)
    except (ValueError, RecursionError) as error:
        raise Unsound("disclosure-copy", "text", str(error)[:_SHOWN]) from error
    number = write_id(bytes.fromhex(row["copy_id"]))
    said = f"副本 {number}：发给 {row['recipient']}，用途 {row['purpose'] or '未填写'}，原件 {row['name']}。"
    steps.append(Step("copy", State.OK, said))
    return {**row, "number": number}


def _batch(shown: Disclosure, steps: list[Step]) -> dict[str, Any]:
    try:
        said = BatchText.parse(shown.text)
        leaf = SHA256.leaf(bytes.fromhex(shown.opening.commitment))
        path = [bytes.fromhex(one) for one in shown.path]
        verify_inclusion(leaf=leaf, index=shown.index, size=said.copies, proof=path, root=bytes.fromhex(said.root))
    except (NotDisclosable, Refused) as error:
        raise Unsound("disclosure-batch", "batch", str(error)[:_SHOWN]) from error
    sentence = (
        f"这条登记是批次 {said.batch} 的第 {shown.index + 1} 份，该批共 {said.copies} 份；"
        "登记内容与批次摘要相符，其余副本没有出示。"
    )
    steps.append(Step("batch", State.OK, sentence))
    return {"batch": said.batch, "sha256": said.sha256, "root": said.root, "copies": said.copies, "index": shown.index}
