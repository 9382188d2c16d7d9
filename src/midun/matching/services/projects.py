"""比对项目: summaries handed in; a deposit linked once its opening shows that it is of the report."""

from datetime import datetime

from django.db import transaction

from midun.evidence.models import Deposit
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.services import ProjectProblem, Refused, held_project
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb
from midun.lib.similarity.report.summary import BadReport, parse_summary
from midun.lib.tlog.errors import Refused as Unsound
from midun.lib.tlog.opening import Opening
from midun.matching.models import ComparisonProject, ProjectReport

MOST_REPORTS = 200


@transaction.atomic
def submit_summary(project: ComparisonProject, *, data: bytes, actor: Actor, at: datetime) -> ProjectReport:
    """Keep a report's summary. Raises `Refused`, `ProjectProblem` with what is wrong with it."""
    now = held_project(project, actor)
    try:
        summary = parse_summary(data)
    except BadReport as bad:
        raise ProjectProblem(str(bad)) from bad
    mine = ProjectReport.objects.unscoped("those of the project").filter(project=now)
    if mine.filter(report_sha256=summary["report_sha256"]).exists():
        raise ProjectProblem("这份报告的摘要已提交过")
    if mine.count() >= MOST_REPORTS:
        raise ProjectProblem(f"一个比对项目最多 {MOST_REPORTS} 份报告，请另建项目")
    made: ProjectReport = ProjectReport.objects.create(
        project=now,
        report_sha256=summary["report_sha256"],
        made_at=datetime.fromisoformat(summary["made_at"]),
        summary=summary,
        submitted_at=at,
        submitted_by_id=actor.user_id,
    )
    record(
        actor=actor, verb=Verb.SUMMARY_SUBMITTED, target=now, at=at, after={"report_sha256": summary["report_sha256"]}
    )
    return made


@transaction.atomic
def link_deposit(report: ProjectReport, *, deposit: Deposit, opening: bytes, actor: Actor, at: datetime) -> None:
    """Link the deposit of the report, proved by its opening (which is read, not kept).

    Raises `Refused`, `ProjectProblem` when the opening is of another file or another deposit.
    """
    project = held_project(report.project, actor)
    if deposit.tenant.enterprise_id != project.enterprise_id:
        raise Refused("只能关联本企业的存证")
    if report.deposit_id is not None:
        raise ProjectProblem("已关联过存证")
    try:
        opened = Opening.parse(opening)
        kind, commitment = opened.commitment()
    except Unsound as refused:
        raise ProjectProblem(f"开启信息读不出：{refused.reason.sentence}") from refused
    if opened.file.sha256.hex() != report.report_sha256:
        raise ProjectProblem("开启信息不是这份报告的：所存文件与报告的 SHA-256 不同，请存证 report.json")
    if (int(kind), commitment.sha256, commitment.sm3) != (deposit.kind, deposit.sha256, deposit.sm3):
        raise ProjectProblem("开启信息与所选存证的承诺值不符，请选择对应的那条存证")
    report.deposit, report.linked_at = deposit, at
    report.save(update_fields=["deposit", "linked_at"])
    record(actor=actor, verb=Verb.DEPOSIT_LINKED, target=report, at=at, after={"deposit": str(deposit.uuid)})
