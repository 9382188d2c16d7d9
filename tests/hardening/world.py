"""One real record of every kind, all of 东区, made through the services; every text a person could find has MARK in it."""

import io
import zipfile
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

from PIL import Image

from midun.accounts.services import invitations
from midun.activities import codes
from midun.activities.kinds import Method
from midun.activities.models import Activity
from midun.activities.people import Person
from midun.activities.services import certificates, events, participants, sign_in
from midun.campaigns.campaign_templates import load_templates
from midun.campaigns.services import campaigns, imports, plan, review
from midun.claims import services as claims
from midun.claims.models import Claim, Suggestion
from midun.deposits import services as deposits
from midun.directory.services import enterprise_import
from midun.evidence.models import Log, PlatformDeposit, Project, Token
from midun.evidence.services import tokens
from midun.kernel.files.models import Attachment
from midun.kernel.files.services import attach
from midun.kernel.orgs import services as orgs
from midun.kernel.orgs.actor import system_actor
from midun.kernel.orgs.enums import Level, OrganisationKind, Role
from midun.kernel.orgs.models import User
from midun.kernel.orgs.services import begin_project
from midun.kernel.statistics.services import filling
from midun.kernel.trail.models import Entry
from midun.lib.marking.keys import MarkKey
from midun.lib.marking.manifest import manifest, opening_file
from midun.lib.marking.registry import Issued
from midun.lib.similarity.report.summary import encode, summarised
from midun.marking import services as marking
from midun.matching import services as matching
from midun.matching.models import ComparisonProject
from midun.publicity import services as publicity
from midun.publicity.models import GovReport, NewsItem, QuestionnaireHandout, Resource, TypicalCase
from midun.reporting.services import forms_of, open_forms
from midun.visits.services import record_visit
from tests.deposits.building import deposit_at, open_log
from tests.lib.similarity.reports import full_report

MARK = "东秘零七"
DAY = date(2025, 6, 10)


@dataclass
class World:
    """The records by kind; `world["visit"]` is one of them, `world.owners` those that carry files."""

    cast: Any
    at: datetime
    records: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, kind):
        return self.records[kind]

    @property
    def owners(self):
        return {name: self[name] for name in ("campaign", "line", "activity", "visit", "claim", *SLUGS, "form")}

    def attachment(self, kind):
        """The first file on the record of that kind."""
        return Attachment.objects.of(self[kind]).first()


SLUGS = ("news-item", "case", "questionnaire", "gov-report", "resource")


def photo(colour="navy"):
    out = io.BytesIO()
    Image.new("RGB", (600, 400), colour).save(out, "JPEG")
    return out.getvalue()


def build(cast, at):
    world = World(cast, at)
    _neighbours(world)
    _campaign(world)
    _activity(world)
    _visit(world)
    _publicity(world)
    _forms(world)
    _deposits(world)
    _comparisons(world)
    _copies(world)
    for number, owner in enumerate(world.owners.values()):
        if Attachment.objects.of(owner).first() is None:
            name = "通知.jpg" if owner is world["campaign"] else f"{MARK}.jpg"
            _attach(world, owner, photo((number * 20, 90, 60)), name)
    world.records["entry"] = Entry.objects.order_by("seq").last()
    return world


def text_of(answer):
    """What a person can read in an answer, also inside a workbook or a document."""
    if not answer.content.startswith(b"PK"):
        return answer.content.decode(errors="replace")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return "".join(archive.read(name).decode(errors="replace") for name in archive.namelist())


def _attach(world, owner, data, name):
    actor = world.cast.actor("district_officer")
    kind = Attachment.Kind.PHOTO
    return attach(owner=owner, data=data, name=name, kind=kind, actor=actor, at=world.at)


def _neighbours(world):
    """邻市: another city with an officer who has nothing to do with anything here."""
    cast, founder = world.cast, system_actor("测试")
    node = orgs.add_jurisdiction(actor=founder, at=world.at, name="邻市", level=Level.CITY, parent=cast.province)
    bureau = orgs.add_organisation(
        actor=founder, at=world.at, name="邻市市场监管局", kind=OrganisationKind.BUREAU, jurisdiction=node
    )
    user = User.objects.create_user(username="stranger", password="Correct-Horse-9", name="邻市经办人")
    cast.memberships["stranger"] = orgs.grant(
        user=user, organisation=bureau, role=Role.OFFICER, actor=founder, at=world.at
    )
    world.records |= {"enterprise": cast.jia, "person": cast.district_officer.user}
    world.records |= {"unit": cast.east_bureau, "node": cast.east}
    table = f"企业名称,统一社会信用代码\n{MARK}器械有限公司,91310115MA1H7QEW0K\n".encode()
    source = enterprise_import.read_source(table, name="企业.csv")
    pending = enterprise_import.open_import(source=source, actor=cast.actor("district_officer"), at=world.at)
    offer, _ = invitations.invite(
        invitee=invitations.Invitee(name=f"{MARK}王"),
        organisation=cast.east_bureau,
        role=Role.OFFICER,
        actor=cast.actor("security_admin"),
        at=world.at,
    )
    world.records |= {"enterprise-import": pending, "invitation": offer}


def _campaign(world):
    cast, at, city = world.cast, world.at, world.cast.actor("city_officer")
    made = campaigns.create_from_template(
        template=load_templates()["shanghai-2023"], organiser=cast.city_bureau, actor=city, at=at, year=2025
    )
    units = [(unit, "区级层面") for unit in (cast.east_bureau, cast.west_bureau)]
    for unit, category in units:
        made.units.get_or_create(unit=unit, defaults={"category": category})
    campaigns.launch(campaign=made, actor=city, at=at)
    made.refresh_from_db()
    line = plan.add_line(
        campaign=made,
        content=f"{MARK}走访企业",
        strand=made.strands.first(),
        actor=cast.actor("district_officer"),
        at=at,
    )
    plan.submit(lines=[line], actor=cast.actor("district_officer"), at=at)
    line.refresh_from_db()
    review.approve(campaign=made, lines=[(line.pk, line.version)], actor=city, at=at)
    line.refresh_from_db()
    source = imports.read_source(text=f"类别\t单位\t序号\t活动安排\n区级层面\t东区市场监管局\t1\t{MARK}座谈")
    pending = imports.open_import(campaign=made, source=source, as_pending=True, actor=city, at=at)
    world.records |= {"campaign": made, "line": line, "import": pending}


def _activity(world):
    cast, at, actor = world.cast, world.at, world.cast.actor("district_officer")
    made = events.add(
        unit=cast.east_bureau,
        actor=actor,
        at=at,
        kind="training",
        mode="onsite",
        title=f"{MARK}培训",
        day=DAY,
        start_time=time(9),
        end_time=time(11),
        hours=2,
        place=f"{MARK}会议室",
        materials=10,
        files=[(f"{MARK}.jpg", photo("olive"))],
    )
    person = Person(f"{MARK}张", cast.jia.name, cast.jia.credit_code, "13900000001", "保密员")
    participants.add_people(made, people=[person], method=Method.PASTE, actor=actor, at=at)
    door = sign_in.open_sign_in(made, closes_at=at + timedelta(days=1), rotating=False, actor=actor, at=at)
    made = Activity.objects.unscoped("test").get(pk=made.pk)
    given = certificates.issue(made, participations=None, actor=actor, at=at + timedelta(hours=2))
    world.records |= {
        "activity": made,
        "participation": made.participations.get(),
        "door": door,
        "certificate": given[0],
        "receipt": codes.receipt_path(made.participations.get().pk).rstrip("/").rsplit("/", 1)[-1],
    }


def _visit(world):
    cast, at = world.cast, world.at
    world.records["visit"] = record_visit(
        unit=cast.east_bureau,
        enterprise=cast.jia,
        actor=cast.actor("district_officer"),
        at=at,
        suggestions=[{"topic": "system", "text": f"{MARK}建议"}],
        needs=[{"topic": "rights", "title": f"{MARK}诉求", "urgency": "normal"}],
        files=[(f"{MARK}.jpg", photo("teal"))],
        day=DAY,
        visitors=f"{MARK}李",
        place=f"{MARK}厂区",
        summary=f"{MARK}情况",
    )
    world.records["claim"] = Claim.objects.unscoped("test").get()
    world.records["suggestion"] = Suggestion.objects.unscoped("test").get()
    own = cast.actor("enterprise_admin")
    world.records["own-claim"] = claims.register(
        unit=cast.east_bureau,
        enterprise=cast.jia,
        actor=own,
        at=at,
        topic="training",
        title=f"{MARK}想要培训",
        source="enterprise",
    )


def _publicity(world):
    title = {"title": f"{MARK}"}
    fields = {
        "news-item": (NewsItem, {**title, "medium": f"{MARK}报", "level": "district", "day": DAY}),
        "case": (TypicalCase, {**title, "decided_by": "某局", "year": 2024, "facts": MARK, "outcome": MARK}),
        "questionnaire": (
            QuestionnaireHandout,
            {**title, "day": DAY, "channel": "visit", "count": 5, "note": f"{MARK}发放"},
        ),
        "gov-report": (GovReport, {**title, "kind": "report", "addressee": "区政府", "sent_on": DAY}),
        "resource": (Resource, {**title, "summary": MARK, "day": DAY}),
    }
    actor = world.cast.actor("district_officer")
    for slug, (model, values) in fields.items():
        world.records[slug] = publicity.add(
            model, unit=world.cast.east_bureau, actor=actor, at=world.at, files=[(f"{MARK}.jpg", photo())], **values
        )


def _deposits(world):
    """甲's: one deposit in a course of development, handed to the notary, and a token."""
    cast, at, own = world.cast, world.at, world.cast.actor("enterprise_admin")
    course = begin_project(Project, enterprise=cast.jia, title=f"{MARK}配方", actor=own, at=at)
    made = deposit_at(open_log(), cast.jia, 0, label=f"{MARK}图纸", project=course)
    given = deposits.hand_off(
        enterprise=cast.jia, deposits=[made], purpose=f"{MARK}保全", notary=cast.notary, actor=own, at=at
    )
    token = tokens.issue_token(
        enterprise=cast.jia, name=f"{MARK}PLM", scope=Token.Scope.DEPOSIT, days=30, actor=own, at=at
    ).token
    world.records |= {"project": course, "deposit": made, "handoff": given, "received": given, "token": token}
    world.records["served"] = cast.jia


@cache
def _report():
    return full_report()


def _comparisons(world):
    """甲's comparison with its report; the bureau's screening and sealed session on a claim of 甲's."""
    cast, at, own = world.cast, world.at, world.cast.actor("enterprise_admin")
    officer, report = cast.actor("district_officer"), _report()
    course = begin_project(ComparisonProject, enterprise=cast.jia, title=f"{MARK}比对", actor=own, at=at)
    summary = encode(summarised(report, titles=False))
    shown = matching.submit_summary(course, data=summary, actor=own, at=at)
    claim = world["claim"]
    screening = matching.attach_report(claim, data=report, note=f"{MARK}说明", actor=officer, at=at)
    sealed = matching.open_session(
        unit=cast.east_bureau,
        claim=claim,
        purpose=f"{MARK}反映",
        party_a=f"{MARK}甲",
        party_b=f"{MARK}乙",
        actor=officer,
        at=at,
    )
    world.records |= {"comparison": course, "comparison-report": shown, "screening": screening, "sealed": sealed}


def _copies(world):
    """甲's copies, approved by a second person, and one of them shown about 甲's claim to 东区's bureau."""
    key, digest, cast, at = MarkKey(bytes(32), 3), "a" * 64, world.cast, world.at
    issued = Issued(
        b"copy-one", 3, key.fingerprint, digest, f"{MARK}图.pdf", "李雷", "评审", at.isoformat(), copy=digest
    )
    batch = marking.submit(
        enterprise=cast.jia,
        title=f"{MARK}发放",
        data=manifest([issued], key),
        channel="mail",
        expires_on=None,
        actor=cast.actor("confidentiality_officer"),
        at=at,
    )
    own = cast.actor("enterprise_admin")
    marking.decide(batch, approved=True, reason="", actor=own, at=at)
    log = Log.objects.unscoped("test").get()
    declared = PlatformDeposit.objects.unscoped("test").filter(subject="issue")
    declared.update(deposit=deposit_at(log, cast.jia, 1))
    opening, claim = opening_file(issued, key), world["own-claim"]
    shown = marking.disclose(batch, number="1", claim=claim, data=opening, actor=own, at=at)
    world.records |= {"batch": batch, "disclosure": shown, "disclosed": shown}


def _forms(world):
    cast, at, city = world.cast, world.at, world.cast.actor("city_officer")
    open_forms(world["campaign"], actor=city, at=at)
    by_unit = {form.unit_id: form for form in forms_of(world["campaign"], cast.actor("city_officer"))}
    world.records |= {"form": by_unit[cast.east_bureau.pk], "west-form": by_unit[cast.west_bureau.pk]}
    filling.adjust(
        world["form"],
        version=world["form"].version,
        figure="news_total",
        value=3,
        reason=f"{MARK}另有两篇",
        actor=cast.actor("district_officer"),
        at=at,
    )
