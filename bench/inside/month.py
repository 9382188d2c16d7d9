"""A whole country's service month in the product's own tables, drawn by arithmetic: see `Size` for how much.

Records lean to June 2025, the campaign's days; one in twelve lies elsewhere in the year. Enterprises are mostly met by
their own unit, some by its neighbours, a few anywhere; some come often, most rarely. Some records are voided; some
people belong to no enterprise, or to one that was not found in the directory.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Self

from django.db import connection
from django.db.models import Model

from bench.inside.bulk import insert, literal, settle, without_indexes
from bench.inside.country import AT, person, plot_tree
from bench.inside.dialect import Dialect, chosen, drawn, leaning, uneven
from midun.activities.headings import group_of
from midun.activities.kinds import Kind, Method
from midun.activities.models import Activity, Participation
from midun.claims.models import Claim, ClaimState, Suggestion
from midun.kernel.orgs.models import Jurisdiction, Organisation
from midun.publicity.models import CaseState, GovReport, NewsItem, QuestionnaireHandout, TypicalCase
from midun.visits.models import Visit

START, END = date(2025, 6, 1), date(2025, 6, 30)
TABLES = (
    Jurisdiction,
    Organisation,
    Activity,
    Participation,
    Visit,
    Suggestion,
    Claim,
    QuestionnaireHandout,
    NewsItem,
    GovReport,
    TypicalCase,
)
_MANY = 50_000
_KINDS = {
    "publicity": 25,
    "exhibition": 5,
    "open_day": 4,
    "forum": 3,
    "symposium": 20,
    "guidance": 10,
    "promotion": 3,
    "training": 18,
    "lecture": 9,
    "salon": 3,
}


@dataclass(frozen=True)
class Size:
    """How many of each. To an event come from 1 to `most` people, half as many on the average."""

    activities: int = 1_000_000
    units: int = 3_000
    enterprises: int = 400_000
    visits: int = 500_000
    suggestions: int = 500_000
    claims: int = 200_000
    handouts: int = 100_000
    news: int = 100_000
    reports: int = 50_000
    cases: int = 10_000
    most: int = 19

    def times(self, share: float) -> Self:
        """The same month with a share of the records and enterprises; the units stay."""
        smaller = {
            name: max(int(getattr(self, name) * share), self.units if name == "enterprises" else 1)
            for name in self.__dataclass_fields__
            if name not in ("units", "most")
        }
        return replace(self, **smaller)

    @property
    def per_unit(self) -> int:
        """Enterprises at home with each unit."""
        return self.enterprises // self.units


def fill(size: Size) -> None:
    """Draw the month into empty tables."""
    plot_tree(size.units)
    draw = _Month(size, Dialect(connection.vendor))
    with _loading(size):
        draw.enterprises()
        draw.activities()
        draw.participations()
        draw.visits()
        draw.claims()
        draw.publicity()
    settle(TABLES)


@contextmanager
def _loading(size: Size) -> Iterator[None]:
    if size.activities < _MANY:  # small enough to go through every index and constraint
        yield
        return
    with without_indexes(TABLES):
        yield


class _Month:
    """Draws one kind of record after the other; `i` is the row number of `series`."""

    def __init__(self, size: Size, dialect: Dialect) -> None:
        self.size, self.sql = size, dialect
        self.author, self.reviewer = person("bench-author"), person("bench-reviewer")
        self.stamp = {"created_at": literal(AT), "version": "1", "created_by": str(self.author.pk)}

    def unit(self, row: str, salt: int) -> str:
        """A unit, some busier than others. The multiplier scatters the busy ones over the country."""
        units = self.size.units
        return f"(1 + (({uneven(row, salt, units)}) * 7919 + {units // 2}) % {units})"

    def enterprise(self, row: str, unit: str, salt: int) -> str:
        """An enterprise for a record of `unit`: 80 % at home there, 15 % next door, 5 % anywhere."""
        units = self.size.units
        at_home = f"{unit} + {units} * ({leaning(row, salt + 1, self.size.per_unit)})"
        next_door = (
            f"1 + ({unit} + {drawn(row, salt + 2, 8)}) % {units}"
            f" + {units} * ({leaning(row, salt + 3, self.size.per_unit)})"
        )
        anywhere = f"1 + {drawn(row, salt + 4, units * self.size.per_unit)}"
        where = drawn(row, salt, 100)
        return f"{units} + CASE WHEN {where} < 80 THEN {at_home} WHEN {where} < 95 THEN {next_door} ELSE {anywhere} END"

    def day(self, row: str, count: int, salt: int) -> str:
        """A day: the rows follow the calendar through June, one in twelve lies anywhere in the year."""
        in_june, elsewhere = f"({row} - 1) * 30 / {count}", f"{drawn(row, salt + 1, 365)} - 151"
        offset = f"CASE WHEN {drawn(row, salt, 12)} > 0 THEN {in_june} ELSE {elsewhere} END"
        return self.sql.day(START, offset)

    def voided(self, row: str, salt: int, per_cent: int = 2) -> dict[str, str]:
        """A few records are voided with a reason."""
        hit = f"{drawn(row, salt, 100)} < {per_cent}"
        return {
            "voided_at": f"CASE WHEN {hit} THEN {self._moment()} END",
            "void_reason": f"CASE WHEN {hit} THEN '重复登记' ELSE '' END",
        }

    def _moment(self) -> str:
        return f"CAST({literal(AT)} AS timestamptz)" if self.sql.is_postgresql else literal(f"{AT:%Y-%m-%d %H:%M:%S}")

    def enterprises(self) -> None:
        units, row = self.size.units, "i"
        values = {
            "id": f"{units} + i",
            "kind": "'enterprise'",
            "name": f"'第' || {self.sql.text(row, 7)} || '号精密机械有限公司'",
            "credit_code": f"'91310000MA' || {self.sql.text(row, 8)}",
            "jurisdiction": f"1 + (i - 1) % {units}",
            "version": "1",
        }
        insert(Organisation, values, self.sql.series(units * self.size.per_unit))

    def activities(self) -> None:
        count, by = self.size.activities, f"{self.author.pk}"
        kept = f"{drawn('i', 16, 100)} >= 3"
        public = f"{kept} AND {drawn('i', 17, 100)} < 30"
        extra, unnamed = f"{drawn('i', 14, 100)} < 20", f"{drawn('i', 15, 100)} < 5"
        values = {
            **self.stamp,
            **self.voided("i", 16, 3),
            "id": "i",
            "unit": self.unit("i", 10),
            "kind": chosen(drawn("i", 11, 100), _KINDS),
            "mode": "'on_site'",
            "title": f"'企业商业秘密保护专题活动第' || {self.sql.text('i', 7)} || '场'",
            "day": self.day("i", count, 12),
            "place": "'科技园区创新中心三楼会议室'",
            "summary": "'围绕商业秘密的识别、定密与保护，向园区企业讲解法律规定、常见泄密途径和防护办法，并现场解答。'",
            "materials": drawn("i", 18, 200),
            "headcount_extra": f"CASE WHEN {extra} THEN 1 + {drawn('i', 19, 40)} ELSE 0 END",
            "headcount_reason": f"CASE WHEN {extra} THEN '会场清点' ELSE '' END",
            "anonymous_enterprises": f"CASE WHEN {unnamed} THEN 1 + {drawn('i', 20, 5)} ELSE 0 END",
            "anonymous_reason": f"CASE WHEN {unnamed} THEN '线上参加，未留名称' ELSE '' END",
            "published_at": f"CASE WHEN {public} THEN {self._moment()} END",
            "published_by": f"CASE WHEN {public} THEN {by} END",
        }
        insert(Activity, values, self.sql.series(count))

    def participations(self) -> None:
        most = self.size.most
        row = f"(a.id * {most} + s.i)"
        group = " ".join(f"WHEN '{kind}' THEN '{group_of(kind, START)}'" for kind in Kind)
        voided, matched = f"{drawn(row, 28, 100)} < 2", f"{drawn(row, 27, 100)} >= 8"
        values = {
            "id": row,
            "activity": "a.id",
            "number": "s.i",
            "enterprise": f"CASE WHEN {matched} THEN {self.enterprise(row, 'a.unit_id', 21)} END",
            "is_enterprise": f"{drawn(row, 27, 100)} >= 3",
            "enterprise_name": "'精密机械有限公司'",
            "person_name": f"'参会人' || {self.sql.text('s.i', 2)}",
            "phone": f"'1' || {self.sql.text(row, 10)}",
            "identity": f"'phone:1' || {self.sql.text(row, 10)}",
            "signed_in_at": self.sql.morning("a.day"),
            "method": chosen(
                drawn(row, 29, 100), {Method.QR: 60, Method.STAFF: 10, Method.PASTE: 10, Method.EXCEL: 20}
            ),
            "consent_at": self.sql.morning("a.day"),
            **self.voided(row, 28),
            "unit": "a.unit_id",
            "day": "a.day",
            "group": f"CASE a.kind {group} END",
            "counts": f"a.voided_at IS NULL AND NOT ({voided})",
        }
        held = connection.ops.quote_name(Activity._meta.db_table)
        insert(Participation, values, f"{held} a JOIN {self.sql.series(most)} ON s.i <= 1 + a.id * 7 % {most}")

    def visits(self) -> None:
        unit = self.unit("i", 30)
        values = {
            **self.stamp,
            **self.voided("i", 31),
            "unit": unit,
            "enterprise": self.enterprise("i", unit, 33),
            "day": self.day("i", self.size.visits, 38),
            "way": "'visit'",
            "place": "'企业会议室'",
            "visitors": "'经办人二人'",
            "summary": "'了解保密制度和竞业限制协议的签订情况'",
        }
        insert(Visit, values, self.sql.series(self.size.visits))

    def claims(self) -> None:
        unit = self.unit("i", 40)
        values = {
            **self.stamp,
            **self.voided("i", 41),
            "unit": unit,
            "enterprise": self.enterprise("i", unit, 42),
            "source": "'visit'",
            "topic": "'personnel'",
            "text": "'建议多组织针对研发人员的保密培训，并提供协议范本。'",
            "given_on": self.day("i", self.size.suggestions, 47),
        }
        insert(Suggestion, values, self.sql.series(self.size.suggestions))
        day, state = self.day("i", self.size.claims, 56), drawn("i", 58, 100)
        closed = f"{state} < 60"
        after = {
            **self.stamp,
            **self.voided("i", 51),
            "number": f"'SQ' || {self.sql.text('i', 9)}",
            "unit": self.unit("i", 50),
            "registrar": self.unit("i", 50),
            "enterprise": self.enterprise("i", self.unit("i", 50), 52),
            "source": "'visit'",
            "topic": "'rights'",
            "title": "'员工离职带走客户名单，如何维权'",
            "raised_on": day,
            **dict.fromkeys(("clock_from", "accept_by", "due_on"), day),
            "accept_days": "2",
            "handle_days": "15",
            "reply": f"CASE WHEN {closed} THEN '已告知取证要点和维权途径。' ELSE '' END",
            "state": chosen(state, {ClaimState.CLOSED: 60, ClaimState.IN_PROGRESS: 20, ClaimState.REGISTERED: 20}),
            "accepted_at": f"CASE WHEN {state} < 80 THEN {self.sql.morning(day)} END",
            "closed_at": f"CASE WHEN {closed} THEN {self.sql.morning(day)} END",
            "resolved": f"{state} < 50",
        }
        insert(Claim, after, self.sql.series(self.size.claims))

    def publicity(self) -> None:
        note = {"title": "'商业秘密保护现状调查问卷'", "channel": "'event'", "note": "'参会企业'"}
        self._published(
            QuestionnaireHandout, self.size.handouts, 60, "day", {**note, "count": f"1 + {drawn('i', 69, 100)}"}
        )
        sent = {"title": "'服务月工作信息'", "kind": "'information'", "addressee": "'市委办公厅'"}
        self._published(GovReport, self.size.reports, 70, "sent_on", sent)
        shares = {"central": 4, "provincial": 10, "city": 26, "district": 30, "own": 30}
        news = {
            "title": "'服务月活动走进园区'",
            "medium": "'本地日报'",
            "level": chosen(drawn("i", 89, 100), shares),
            "published_at": self._if_kept(83, self._moment()),
            "published_by": self._if_kept(83, str(self.author.pk)),
        }
        self._published(NewsItem, self.size.news, 80, "day", news)
        self._published(TypicalCase, self.size.cases, 90, "published_on", self._case(self.size.cases))

    def _case(self, count: int) -> dict[str, str]:
        """A typical case: seven in ten are public after a second person's review."""

        def when_public(value: str) -> str:
            return f"CASE WHEN {drawn('i', 99, 100)} < 70 AND {drawn('i', 93, 100)} >= 2 THEN {value} END"

        return {
            "title": "'某公司诉前员工侵害商业秘密案'",
            "decided_by": "'人民法院'",
            "year": "2024",
            "facts": "'前员工离职时复制技术图纸。'",
            "outcome": "'判令停止侵害、赔偿损失。'",
            "state": f"COALESCE({when_public(literal(CaseState.PUBLISHED.value))}, '{CaseState.DRAFT}')",
            "submitted_by": str(self.author.pk),
            "reviewed_by": when_public(str(self.reviewer.pk)),
            "published_on": when_public(self.day("i", count, 91)),
            "published_at": when_public(self._moment()),
            "published_by": when_public(str(self.reviewer.pk)),
        }

    def _if_kept(self, salt: int, value: str) -> str:
        return f"CASE WHEN {drawn('i', salt, 100)} >= 2 THEN {value} END"

    def _published(self, model: type[Model], count: int, salt: int, day: str, values: dict[str, str]) -> None:
        same = {**self.stamp, "unit": self.unit("i", salt), day: self.day("i", count, salt + 1)}
        insert(model, {**same, **self.voided("i", salt + 3), **values}, self.sql.series(count))
