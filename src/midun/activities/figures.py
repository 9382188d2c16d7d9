"""What activities contribute to the statistics form."""

from collections.abc import Callable, Collection, Sequence

from django.db.models import QuerySet

from midun.activities.kinds import Group, Kind, group_words, kinds_of
from midun.activities.models import Activity, Participation
from midun.activities.tallies import EVENTS, PEOPLE
from midun.kernel.statistics.counts import Tally, reader
from midun.kernel.statistics.figures import Column, Distinct, Figure, Part, Period, Rows, Scope, Total, figure

_WHY = "figures count by path"
_EVENT = (
    Column("日期", "day"),
    Column("单位", "unit.label"),
    Column("类型", "get_kind_display"),
    Column("活动名称", "title"),
    Column("地点", "place"),
)
_PERSON = (
    Column("日期", "day"),
    Column("主办单位", "unit.label"),
    Column("活动名称", "activity.title"),
    Column("企业", lambda p: p.enterprise.name if p.enterprise else p.enterprise_name),
    Column("姓名", "person_name"),
    Column("登记方式", "get_method_display"),
)


def _events(scope: Scope, period: Period, group: Group | None) -> QuerySet[Activity]:
    found = Activity.objects.unscoped(_WHY).live().filter(scope.condition(), day__range=(period.start, period.end))
    return found.filter(kind__in=kinds_of(group)) if group else found


def _people(scope: Scope, period: Period, group: Group) -> QuerySet[Participation]:
    found = Participation.objects.unscoped(_WHY).filter(counts=True, group=group)
    return found.filter(scope.condition(), day__range=(period.start, period.end))


def _kept(what: Tally, measure: str, among: Collection[str], scope: Scope, period: Period) -> Callable[[], int] | None:
    """How to read the number from the counts kept for big subtrees; None where the records are counted."""
    return reader(what.series(measure, among), scope, period)


def _register(prefix: str, group: Group, label: str, *, attendance: bool) -> list[Figure]:
    """The events, enterprises and (where the form asks) people of one heading."""
    words = group_words(group)

    def events(scope: Scope, period: Period) -> Sequence[Part]:
        fast = _kept(EVENTS, "held", kinds_of(group), scope, period)
        return [Part(f"{words}", _events(scope, period, group), Rows(), _EVENT, ("unit",), fast)]

    def enterprises(scope: Scope, period: Period) -> Sequence[Part]:
        named = _people(scope, period, group).filter(enterprise__isnull=False)
        unnamed = _events(scope, period, group).filter(anonymous_enterprises__gt=0)
        columns = (*_EVENT, Column("未列名企业数", "anonymous_enterprises"), Column("原因", "anonymous_reason"))
        return [
            Part(
                "列名企业（跨场次、跨单位去重）",
                named,
                Distinct("enterprise"),
                _PERSON,
                ("unit", "activity", "enterprise"),
                _kept(PEOPLE, "enterprises", [group], scope, period),
            ),
            Part(
                "未列名企业（按活动登记数）",
                unnamed,
                Total("anonymous_enterprises"),
                columns,
                ("unit",),
                _kept(EVENTS, "unnamed", kinds_of(group), scope, period),
            ),
        ]

    def people(scope: Scope, period: Period) -> Sequence[Part]:
        extra = _events(scope, period, group).filter(headcount_extra__gt=0)
        columns = (*_EVENT, Column("未签到人数", "headcount_extra"), Column("依据", "headcount_reason"))
        return [
            Part(
                "签到和登记人次",
                _people(scope, period, group),
                Rows(),
                _PERSON,
                ("unit", "activity", "enterprise"),
                _kept(PEOPLE, "came", [group], scope, period),
            ),
            Part(
                "未签到人数（按活动登记数）",
                extra,
                Total("headcount_extra"),
                columns,
                ("unit",),
                _kept(EVENTS, "extra", kinds_of(group), scope, period),
            ),
        ]

    def add(name: str, text: str, unit: str, parts: Callable[[Scope, Period], Sequence[Part]], rule: str) -> Figure:
        return figure(f"{prefix}_{name}", label=text, unit=unit, additive=name != "enterprises", rule=rule)(parts)

    made = [
        add("events", label, "场次", events, f"类型为{words}的活动，每场计一次"),
        add(
            "enterprises",
            "参与企业",
            "家",
            enterprises,
            "同一企业参加多场、在多个单位参加，只计一家；未列名的按登记数另加",
        ),
    ]
    if attendance:
        made.append(add("attendance", "参与人数", "人次", people, "每人每场计一人次；未签到的按登记数另加"))
    return made


_register("pub", Group.PUBLICITY, "开展线上线下专题宣传活动", attendance=True)
_register("meet", Group.MEETING, "召开企业商业秘密保护座谈会、行政指导会", attendance=False)
_register("train", Group.TRAINING, "开展各类能力提升培训活动", attendance=True)


@figure("pub_materials", label="发放各类宣传材料", unit="份", additive=True, rule="各类活动登记的发放材料份数之和")
def pub_materials(scope: Scope, period: Period) -> Sequence[Part]:
    """Materials handed out at events of any kind."""
    records = _events(scope, period, None).filter(materials__gt=0)
    columns = (*_EVENT, Column("份数", "materials"))
    fast = _kept(EVENTS, "materials", list(Kind), scope, period)
    return [Part("发放材料的活动", records, Total("materials"), columns, ("unit",), fast)]
