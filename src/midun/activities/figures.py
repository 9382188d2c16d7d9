"""What activities contribute to the statistics form."""

from collections.abc import Callable, Sequence

from django.db.models import QuerySet

from midun.activities.headings import events_of, slices, words
from midun.activities.kinds import Group, Kind
from midun.activities.models import Activity, Participation
from midun.activities.tallies import EVENTS, PEOPLE
from midun.kernel.statistics.counts import reader
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
_JOINED = ("unit", "activity", "enterprise")


def _events(scope: Scope, period: Period, group: Group | None) -> QuerySet[Activity]:
    found = Activity.objects.unscoped(_WHY).live().filter(scope.condition(), day__range=(period.start, period.end))
    return found.filter(events_of(group)) if group else found


def _people(scope: Scope, period: Period, group: Group) -> QuerySet[Participation]:
    found = Participation.objects.unscoped(_WHY).filter(counts=True, group=group)
    return found.filter(scope.condition(), day__range=(period.start, period.end))


def _counted(measure: str, scope: Scope, period: Period, group: Group) -> Callable[[], int] | None:
    """A measure of the events under a heading from the counts, which are kept by kind; None where there are none."""
    parts = [(EVENTS.series(measure, kinds), part) for kinds, part in slices(group, period)]
    readers = [read for series, part in parts if (read := reader(series, scope, part))]
    return (lambda: sum(read() for read in readers)) if readers and len(readers) == len(parts) else None


def _unnamed(scope: Scope, period: Period, group: Group) -> Part:
    """Enterprises that an event counted without their names."""
    columns = (*_EVENT, Column("未列名企业数", "anonymous_enterprises"), Column("原因", "anonymous_reason"))
    records = _events(scope, period, group).filter(anonymous_enterprises__gt=0)
    fast = _counted("unnamed", scope, period, group)
    return Part("未列名企业（按活动登记数）", records, Total("anonymous_enterprises"), columns, ("unit",), fast)


def _named(scope: Scope, period: Period, group: Group) -> Part:
    """Enterprises whose people came, each once."""
    records = _people(scope, period, group).filter(enterprise__isnull=False)
    fast = reader(PEOPLE.series("enterprises", [group]), scope, period)
    return Part("列名企业（跨场次、跨单位去重）", records, Distinct("enterprise"), _PERSON, _JOINED, fast)


def _unlisted(scope: Scope, period: Period, group: Group) -> Part:
    """People that an event counted without a list."""
    columns = (*_EVENT, Column("未签到人数", "headcount_extra"), Column("依据", "headcount_reason"))
    records = _events(scope, period, group).filter(headcount_extra__gt=0)
    fast = _counted("extra", scope, period, group)
    return Part("未签到人数（按活动登记数）", records, Total("headcount_extra"), columns, ("unit",), fast)


def _listed(scope: Scope, period: Period, group: Group) -> Part:
    """People on the lists, each time."""
    fast = reader(PEOPLE.series("came", [group]), scope, period)
    return Part("签到和登记人次", _people(scope, period, group), Rows(), _PERSON, _JOINED, fast)


def _held(scope: Scope, period: Period, group: Group) -> Part:
    """The events themselves."""
    fast = _counted("held", scope, period, group)
    return Part(words(group), _events(scope, period, group), Rows(), _EVENT, ("unit",), fast)


_ONCE = "同一企业参加多场、在多个单位参加，只计一家；未列名的按登记数另加"
_EACH = "每人每场计一人次；未签到的按登记数另加"


def _register(prefix: str, group: Group, label: str, *, attendance: bool) -> list[Figure]:
    """The events, enterprises and (where the form asks) people of one heading."""

    def add(
        name: str,
        label: str,
        unit: str,
        rule: str,
        *parts: Callable[[Scope, Period, Group], Part],
        additive: bool = True,
    ) -> Figure:
        made = figure(f"{prefix}_{name}", label=label, unit=unit, additive=additive, rule=rule)
        return made(lambda scope, period: [part(scope, period, group) for part in parts])

    held = f"类型为{words(group)}的活动，每场计一次"
    made = [
        add("events", label, "场次", held, _held),
        add("enterprises", "参与企业", "家", _ONCE, _named, _unnamed, additive=False),
    ]
    if attendance:
        made.append(add("attendance", "参与人数", "人次", _EACH, _listed, _unlisted))
    return made


_register("pub", Group.PUBLICITY, "开展线上线下专题宣传活动", attendance=True)
_register("meet", Group.MEETING, "召开企业商业秘密保护座谈会、行政指导会", attendance=False)
_register("train", Group.TRAINING, "开展各类能力提升培训活动", attendance=True)


@figure("pub_materials", label="发放各类宣传材料", unit="份", additive=True, rule="各类活动登记的发放材料份数之和")
def pub_materials(scope: Scope, period: Period) -> Sequence[Part]:
    """Materials handed out at events of any kind."""
    records = _events(scope, period, None).filter(materials__gt=0)
    columns = (*_EVENT, Column("份数", "materials"))
    fast = reader(EVENTS.series("materials", list(Kind)), scope, period)
    return [Part("发放材料的活动", records, Total("materials"), columns, ("unit",), fast)]
