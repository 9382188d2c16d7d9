"""A populated demonstration, built only through the services, in our own words.

One city with its districts and units without a division code; a closed service month of 2025 full of records, with
frozen forms; and a running one for the current month, open and without a plan, ready for the import of an annex.
"""

import calendar
import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate, make_aware

from midun.activities.kinds import Kind, Method
from midun.activities.models import Activity
from midun.activities.people import Person
from midun.activities.services import events, participants
from midun.campaigns.campaign_templates import load_templates
from midun.campaigns.models import Campaign, CampaignUnit, PlanLine, RequiredForm
from midun.campaigns.services import campaigns, plan, review
from midun.claims import services as claims
from midun.kernel.orgs import services as orgs
from midun.kernel.orgs import uscc
from midun.kernel.orgs.actor import Actor, system_actor
from midun.kernel.orgs.enums import Level, OrganisationKind, Role
from midun.kernel.orgs.models import Jurisdiction, Membership, Organisation, User
from midun.kernel.statistics import services as forms
from midun.kernel.workflow.calendar import seed
from midun.publicity import services as publicity
from midun.publicity.models import GovReport, NewsItem, QuestionnaireHandout, TypicalCase
from midun.publicity.workflow import REDACTION
from midun.reporting.services import forms_of, open_forms
from midun.visits import services as visits

PASSWORD = "Midun-Demo-2026"  # noqa: S105  # printed on purpose: a demonstration without secrets
_DISTRICTS = ["浦东新", "黄浦", "静安", "徐汇", "长宁", "普陀", "虹口", "杨浦", "宝山", "闵行", "嘉定", "金山", "松江", "青浦", "奉贤", "崇明"]
_ZONES = (("临港新片区", "临港新片区市场监管局"), ("机场", "机场分局"), ("执法总队", "市局执法总队"))
_NAMES = ["星河", "云帆", "启明", "恒泰", "锐科", "博远", "晨光", "华实", "中联", "瑞丰", "新锐", "思源", "海纳", "凌云", "鼎新", "天衡"]
_TRADES = ["精密仪器", "生物医药", "智能装备", "新材料", "信息技术", "新能源", "汽车零部件", "食品科技", "检测技术", "工业设计"]


@dataclass(frozen=True)
class Login:
    """One login of the demonstration."""

    role: str
    username: str
    unit: str


def code_of(number: int) -> str:
    """A credit code with right check digits that no register gave out (region 310000, made-up body)."""
    body = f"MA9{number:05d}"
    nine = body + uscc.organisation_check(body)
    seventeen = "91310000" + nine
    return seventeen + uscc.check(seventeen)


class Demo:
    """Builds the demonstration; `at` is the moment it is built."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.founder = system_actor("演示环境")
        self.dice = random.Random(20250601)  # noqa: S311  # sample data, the same every time
        self.units: dict[str, Organisation] = {}
        self.members: dict[str, Membership] = {}
        self.logins: list[Login] = []

    def node(self, name: str, level: Level, parent: Jurisdiction | None, code: str = "") -> Jurisdiction:
        """A node of the tree."""
        return orgs.add_jurisdiction(
            actor=self.founder, at=self.at, name=name, level=level, parent=parent, division_code=code
        )

    def organisation(self, name: str, kind: OrganisationKind, node: Jurisdiction, **more: Any) -> Organisation:
        """An organisation."""
        return orgs.add_organisation(actor=self.founder, at=self.at, name=name, kind=kind, jurisdiction=node, **more)

    def person(self, username: str, name: str, unit: Organisation, role: Role, *, shown: bool = True) -> Actor:
        """A person in a role."""
        user = User.objects.filter(username=username).first() or User.objects.create_user(
            username=username, password=PASSWORD, name=name
        )
        member = orgs.grant(user=user, organisation=unit, role=role, actor=self.founder, at=self.at)
        self.members[username] = member
        if shown:
            self.logins.append(Login(role.label, username, unit.name))
        return member.actor()

    @transaction.atomic
    def build(self) -> list[Login]:
        """Everything, in one transaction."""
        seed(actor=self.founder, at=self.at)
        self.tree()
        self.people()
        self.last_year()
        self.this_month()
        return self.logins

    def tree(self) -> None:
        """国家 → 上海市 → districts and units without a code of their own."""
        nation = self.node("国家", Level.NATION, None)
        city = self.node("上海市", Level.PROVINCE, nation, "310000")
        self.organisation("国家市场监督管理总局", OrganisationKind.BUREAU, nation, short_name="市场监管总局")
        bureau = self.organisation("上海市市场监督管理局", OrganisationKind.BUREAU, city, short_name="市市场监管局")
        self.units["city"] = bureau
        for order, name in enumerate(_DISTRICTS, 1):
            node = self.node(f"{name}区", Level.COUNTY, city)
            self.units[name] = self.organisation(
                f"上海市{name}区市场监督管理局",
                OrganisationKind.BUREAU,
                node,
                short_name=f"{name}区市场监管局",
                order=order,
            )
            for n in range(6):
                number = order * 10 + n
                title = f"上海{_NAMES[(order + n) % 16]}{_TRADES[(order * 3 + n) % 10]}有限公司"
                self.organisation(title, OrganisationKind.ENTERPRISE, node, credit_code=code_of(number), size="medium")
        for order, (key, short) in enumerate(_ZONES, 17):
            node = self.node(key, Level.COUNTY, city)
            name = f"上海市市场监督管理局{short.removeprefix('市局').removesuffix('市场监管局')}"
            self.units[key] = self.organisation(name, OrganisationKind.BUREAU, node, short_name=short, order=order)
        station = self.node("张江商业秘密保护服务站", Level.STATION, self.units["浦东新"].jurisdiction)
        self.units["station"] = self.organisation("张江商业秘密保护服务站", OrganisationKind.SERVICE_STATION, station)
        self.units["lawyers"] = self.organisation("申正律师事务所", OrganisationKind.LAW_FIRM, city)

    def people(self) -> None:
        """One login per role, and an officer in every unit."""
        city, pudong = self.units["city"], self.units["浦东新"]
        first = Organisation.objects.unscoped("demo").enterprises().filter(jurisdiction=pudong.jurisdiction).first()
        self.person("city", "陈志远", city, Role.OFFICER)
        self.person("leader", "周建国", city, Role.LEADER)
        self.person("district", "李晓梅", pudong, Role.OFFICER)
        self.person("district2", "王立新", pudong, Role.OFFICER)
        self.person("district", "李晓梅", self.units["station"], Role.STATION_STAFF, shown=False)
        self.person("liaison", "赵文静", pudong, Role.LIAISON_OFFICER)
        self.person("station", "孙浩", self.units["station"], Role.STATION_STAFF)
        self.person("enterprise", "吴敏", first, Role.ENTERPRISE_ADMIN)
        self.person("secrecy", "郑凯", first, Role.CONFIDENTIALITY_OFFICER)
        self.person("expert", "钱学仁", self.units["lawyers"], Role.EXPERT)
        self.person("sysadmin", "系统管理员", city, Role.SYSTEM_ADMIN)
        self.person("security", "安全管理员", city, Role.SECURITY_ADMIN)
        self.person("auditor", "审计员", city, Role.AUDITOR)
        for n, key in enumerate([*_DISTRICTS[1:], *(k for k, _ in _ZONES)], 2):
            self.person(f"unit{n:02d}", f"经办{n:02d}", self.units[key], Role.OFFICER, shown=False)

    def officer(self, key: str) -> Actor:
        """The officer of a unit."""
        unit = self.units[key]
        return next(m.actor() for m in self.members.values() if m.organisation_id == unit.pk and m.role == Role.OFFICER)

    def campaign(self, template: str, year: int, title: str, start: date, end: date) -> Campaign:
        """A launched campaign of the city."""
        actor = self.officer("city")
        made = campaigns.create_from_template(
            template=load_templates()[template], organiser=self.units["city"], year=year, actor=actor, at=self.at
        )
        due = end + timedelta(days=5)
        Campaign.objects.unscoped("demo dates").filter(pk=made.pk).update(title=title, start=start, end=end)
        RequiredForm.objects.unscoped("demo dates").filter(campaign=made).update(due_on=due)
        made.refresh_from_db()
        campaigns.launch(campaign=made, actor=actor, at=self.at)
        made.refresh_from_db()
        return made

    def last_year(self) -> None:
        """June 2025: a plan, a month of work, forms accepted and frozen."""
        month = self.campaign(
            "national-2025", 2025, "上海市第三届“企业商业秘密保护能力提升服务月”", date(2025, 6, 1), date(2025, 6, 30)
        )
        for key in ("city", *_DISTRICTS, *(k for k, _ in _ZONES)):
            self.plan_of(month, key)
            self.work_of(month, key, month.start, 18 if key == "浦东新" else 6)
        open_forms(month, actor=self.officer("city"), at=self.at)
        organiser = self.officer("city")
        for form in forms_of(month, organiser):
            if form.superior_id is None:
                continue
            filler = organiser if form.own_only else self.officer_of(form.unit)
            forms.submit(form, actor=filler, at=self.at)
            forms.accept(form, actor=organiser, at=self.at)
        summary = next(f for f in forms_of(month, organiser) if f.superior_id is None)
        forms.freeze(summary, reason="", actor=organiser, at=self.at)
        campaigns.close(campaign=month, actor=organiser, at=self.at)

    def officer_of(self, unit: Organisation) -> Actor:
        """The officer of an organisation."""
        return next(self.officer(key) for key, known in self.units.items() if known.pk == unit.pk)

    def plan_of(self, month: Campaign, key: str) -> None:
        """Two approved lines."""
        actor, unit = self.officer(key), self.units[key]
        if not CampaignUnit.objects.unscoped("demo").filter(campaign=month, unit=unit).exists():
            return
        strands = list(month.strands.order_by("order"))
        texts = (
            "走访重点企业，了解商业秘密管理现状，当面给出改进建议。",
            "举办专题培训，讲解涉密人员管理和离职交接要点。",
        )
        lines = [
            plan.add_line(campaign=month, content=text, strand=strands[n], actor=actor, at=self.at)
            for n, text in enumerate(texts)
        ]
        plan.submit(lines=lines, actor=actor, at=self.at)
        fresh = PlanLine.objects.unscoped("demo").filter(pk__in=[x.pk for x in lines])
        review.approve(campaign=month, lines=[(x.pk, x.version) for x in fresh], actor=self.officer("city"), at=self.at)

    def work_of(self, month: Campaign, key: str, start: date, amount: int) -> None:
        """Some events with participants, visits with advice and claims, publicity."""
        actor, unit = self.officer(key), self.units[key]
        near = (
            Organisation.objects.unscoped("demo")
            .enterprises()
            .filter(jurisdiction__path__startswith=unit.jurisdiction.path)
        )
        known = list(near[:12])
        lines = list(PlanLine.objects.unscoped("demo").filter(campaign=month, unit=unit))
        span = max(1, (min(month.end, localdate(self.at)) - start).days)
        for n in range(amount // 2):
            day = start + timedelta(days=(n * 7 + len(key)) % span)
            self.event(actor, unit, day, n, known, lines[n % len(lines)] if lines and n < 2 else None)
        for n, enterprise in enumerate(known[: amount // 2]):
            self.visit(actor, unit, enterprise, start + timedelta(days=(n * 5 + 2) % span), n)
        self.publicise(actor, unit, start + timedelta(days=span // 2), key)

    def event(
        self, actor: Actor, unit: Organisation, day: date, n: int, known: list[Organisation], line: Any
    ) -> Activity:
        """One event with a list of participants."""
        kinds = (Kind.TRAINING, Kind.PUBLICITY, Kind.SYMPOSIUM, Kind.LECTURE, Kind.SALON, Kind.OPEN_DAY)
        kind = kinds[n % len(kinds)]
        place = unit.jurisdiction.name
        titles = (
            "离职交接与竞业限制专题培训",
            "商业秘密保护进园区宣传",
            "重点企业座谈会",
            "以案说法专题讲座",
            "保密管理经验沙龙",
            "示范站点开放日",
        )
        activity = events.add(
            unit=unit,
            actor=actor,
            at=self.at,
            kind=kind,
            title=f"{place}{titles[n % len(titles)]}",
            day=day,
            start_time=time(14),
            end_time=time(16),
            hours=2,
            place=f"{place}政务服务中心会议室",
            plan_line=line,
            materials=self.dice.randrange(20, 120),
        )
        people = [
            Person(
                f"{'张王李赵刘陈杨黄'[i % 8]}{'伟芳娜敏静强磊洋'[(i + n) % 8]}",
                e.name,
                e.credit_code or "",
                f"138{unit.pk % 1000:03d}{n:02d}{i:03d}",
                "",
            )
            for i, e in enumerate(known)
        ]
        participants.add_people(activity, people=people, method=Method.PASTE, actor=actor, at=self.at)
        return activity

    def visit(self, actor: Actor, unit: Organisation, enterprise: Organisation, day: date, n: int) -> None:
        """One visit with a suggestion; every third with a claim."""
        staff = self.dice.randrange(20, 200)
        tips = [{"topic": "system", "text": "希望提供分级分类管理制度的范本，便于中小企业参照。"}]
        needs = (
            [{"topic": "personnel", "title": "核心技术人员离职后如何约定竞业限制", "urgency": "normal"}]
            if n % 3 == 0
            else []
        )
        made = visits.record_visit(
            unit=unit,
            enterprise=enterprise,
            actor=actor,
            at=self.at,
            suggestions=tips,
            needs=needs,
            day=day,
            visitors=actor.user_name,
            secrets=self.dice.randrange(2, 30),
            patents=self.dice.randrange(0, 60),
            nda_signed=staff // 2,
            nda_should=staff,
            has_rules="yes" if n % 2 else "no",
        )
        for claim in claims.Claim.objects.unscoped("demo").filter(source_id=made.pk):
            if day.year == 2025:  # noqa: PLR2004  # the closed month
                later = make_aware(datetime.combine(day + timedelta(days=3), time(10)))
                claims.accept(claim, actor=actor, at=later)
                claims.close(
                    claim,
                    resolved=True,
                    reply="已上门讲解竞业限制的适用范围和补偿要求，并提供协议要点清单。",
                    actor=actor,
                    at=later,
                )

    def publicise(self, actor: Actor, unit: Organisation, day: date, key: str) -> None:
        """News, questionnaires, for the city also a report and a case."""
        news = publicity.add(
            NewsItem,
            unit=unit,
            actor=actor,
            at=self.at,
            title=f"{unit.jurisdiction.name}开展商业秘密保护服务月活动",
            medium="本部门政务新媒体",
            level="own",
            day=day,
            summary="走进园区和企业，面对面讲解商业秘密的识别、定密和日常管理。",
        )
        publicity.put_on_portal(news, show=True, actor=actor, at=self.at)
        fields = {
            "title": "企业商业秘密保护现状问卷",
            "day": day,
            "channel": "visit",
            "count": 12,
            "note": "走访和活动现场发放",
        }
        publicity.add(QuestionnaireHandout, unit=unit, actor=actor, at=self.at, **fields)
        if key == "city":
            report = {"title": "服务月开展情况报告", "kind": "report", "addressee": "市政府办公厅", "sent_on": day}
            publicity.add(GovReport, unit=unit, actor=actor, at=self.at, **report)
            self.case(actor, unit)

    def case(self, actor: Actor, unit: Organisation) -> None:
        """A typical case, published after a second person's check."""
        made = publicity.add(
            TypicalCase,
            unit=unit,
            actor=actor,
            at=self.at,
            title="某设备公司前员工擅自下载技术资料案",
            decided_by="某区市场监管局",
            year=2024,
            facts="某公司研发人员张某在离职前，未经许可将设备调试资料发送至个人网盘，并在新单位使用。",
            outcome="责令停止违法行为，并处罚款。",
            comment="企业应对涉密资料的下载和外发设置权限和日志，离职时逐项核对。",
        )
        publicity.submit_case(made, actor=actor, at=self.at)
        leader = self.members["leader"].actor()
        publicity.publish_case(made, checked=[key for key, _ in REDACTION], actor=leader, at=self.at)

    def this_month(self) -> None:
        """The current month: launched, forms open, some work done, no plan yet."""
        today = localdate(self.at)
        last = calendar.monthrange(today.year, today.month)[1]
        title = f"“企业商业秘密保护能力提升服务月”（{today.year}年{today.month}月演示）"
        month = self.campaign("shanghai-2023", today.year, title, today.replace(day=1), today.replace(day=last))
        for key in ("浦东新", "黄浦", "静安", "临港新片区"):
            self.work_of(month, key, month.start, 4)
        open_forms(month, actor=self.officer("city"), at=self.at)
