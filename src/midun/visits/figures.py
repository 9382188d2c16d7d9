"""What visits contribute to the statistics form."""

from collections.abc import Sequence
from typing import Any

from midun.kernel.statistics.figures import Column, Distinct, Part, Period, Rows, Scope, figure
from midun.visits.models import Visit

_COLUMNS = (
    Column("日期", "day"),
    Column("单位", "unit.label"),
    Column("企业", "enterprise.name"),
    Column("统一社会信用代码", "enterprise.credit_code"),
    Column("方式", "get_way_display"),
    Column("走访人员", "visitors"),
)


def _visits(scope: Scope, period: Period) -> Any:
    found = Visit.objects.unscoped("figures count by path").live()
    return found.filter(scope.condition(), day__range=(period.start, period.end))


@figure("visits", label="调研走访企业", unit="家", additive=False, rule="同一企业走访多次、由多个单位走访，只计一家")
def visits(scope: Scope, period: Period) -> Sequence[Part]:
    """Enterprises visited, each once."""
    records = _visits(scope, period)
    return [Part("走访记录（按企业去重）", records, Distinct("enterprise"), _COLUMNS, ("unit", "enterprise"))]


@figure("visit_times", label="走访次数", unit="次", additive=True, rule="每次走访计一次")
def visit_times(scope: Scope, period: Period) -> Sequence[Part]:
    """Visits, each time."""
    return [Part("走访记录", _visits(scope, period), Rows(), _COLUMNS, ("unit", "enterprise"))]
