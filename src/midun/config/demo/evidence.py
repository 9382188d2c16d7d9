"""Deposits of the demonstration: made through the real log, with files and openings kept beside it, so all verify.

They bear the time at which the demonstration is made: nobody, not even a demonstration, deposits into the past.
"""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from midun.deposits.services import hand_off, show_statement
from midun.evidence.engine import door
from midun.evidence.engine.place import Place
from midun.evidence.engine.supervisor import Supervisor
from midun.evidence.models import Deposit, Project
from midun.evidence.services.logs import open_log
from midun.evidence.services.tokens import tenant_of
from midun.kernel.orgs.enums import OrganisationKind
from midun.kernel.orgs.models import Membership, Organisation
from midun.kernel.orgs.services import begin_project
from midun.lib.exchange import Item, Request, Status
from midun.lib.tlog.commitment import Commitment, Kind, digest_chunks
from midun.lib.tlog.manifest import Manifest
from midun.lib.tlog.opening import Opening

FOLDER = "demo-evidence"
"""Where under `MIDUN_HOME` the made-up files and their openings lie: in earnest they are with the enterprise only."""

_PATIENCE = 90.0


@dataclass(frozen=True)
class _Example:
    """One deposit: its label, its files by name, its source statement, whether that is shown to the platform."""

    label: str
    files: Mapping[str, str]
    statement: str
    shown: bool = False


def _said(maker: str, made: str) -> str:
    return (
        f'{{"format":"midun-statement/1","maker":"{maker}","system":"研发服务器 RD-02","made":"{made}",'
        '"exported":"研发管理系统导出，保密员郑凯在场"}'
    )


_EXAMPLES = (
    _Example(
        "R-21 立项",
        {"立项报告.txt": "演示文件：R-21 项目立项报告\n"},
        _said("研发部张工", "立项评审会后定稿"),
        shown=True,
    ),
    _Example("R-21 小试记录", {"小试记录.txt": "演示文件：R-21 小试记录\n"}, _said("研发部张工", "小试完成当日")),
    _Example(
        "R-21 中试资料",
        {"中试/报告.txt": "演示文件：中试报告\n", "中试/数据.csv": "批次,结果\n1,演示\n", "照片说明.txt": "演示文件\n"},
        _said("中试车间李工", "中试结束后整理"),
        shown=True,
    ),
    _Example("R-21 定型", {"定型文件.txt": "演示文件：R-21 定型文件\n"}, _said("研发部张工", "定型评审通过后")),
)


def build(at: datetime) -> None:
    """Deposit the examples of the first enterprise, and hand two of them to the notary. Outside of a transaction."""
    log = open_log()
    member = Membership.objects.unscoped("the demonstration's enterprise").current().get(user__username="enterprise")
    if log is None:
        return
    enterprise, actor = member.organisation, member.actor()
    project = begin_project(Project, enterprise=enterprise, title="R-21 项目（内部代号）", actor=actor, at=at)
    folder = Path(settings.MIDUN_HOME) / FOLDER
    made = [_keep(folder, example) for example in _EXAMPLES]
    with Supervisor():
        numbers = _deposit(Place.of(log.number).socket, enterprise, project, made)
    deposits = list(Deposit.objects.unscoped("just made").select_related("tenant").filter(pk__in=numbers))
    for deposit, example in zip(deposits[::-1], _EXAMPLES, strict=True):
        if example.shown:
            show_statement(deposit, text=example.statement, actor=actor, at=at)
    notary = Organisation.objects.unscoped("the demonstration's notary").filter(kind=OrganisationKind.NOTARY).first()
    hand_off(
        enterprise=enterprise, deposits=deposits[:2], purpose="技术许可前的证据保全", notary=notary, actor=actor, at=at
    )


def _keep(folder: Path, example: _Example) -> tuple[_Example, Kind, Commitment]:
    """Write the files and the opening; give what is deposited."""
    place = folder / example.label
    for name, text in example.files.items():
        path = place / "原文件" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    meta = example.statement.encode()
    if len(example.files) == 1:
        (text,) = example.files.values()
        opening = Opening(os.urandom(32), meta, digest_chunks([text.encode()]))
        (place / "开启信息.json").write_bytes(opening.encode())
        return example, *opening.commitment()
    manifest = Manifest.of_folder(place / "原文件", os.urandom(32), meta=meta)
    (place / "开启信息.jsonl").write_bytes(b"".join(manifest.lines()))
    return example, Kind.SET, manifest.commitment()


def _deposit(
    socket: Path, enterprise: Organisation, project: Project, made: Sequence[tuple[_Example, Kind, Commitment]]
) -> list[int]:
    items = [Item(kind, commitment.leaf, 0, project.pk, example.label) for example, kind, commitment in made]
    request = Request(tenant_of(enterprise).pk, items, proofs=False)
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            reply = door.ask(socket, request)
        except door.Unavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)  # the process that appends is starting
            continue
        if reply.answer.status is not Status.ACCEPTED:
            raise RuntimeError(reply.answer.status.name)
        return [placed.number for placed in reply.answer.placed]
