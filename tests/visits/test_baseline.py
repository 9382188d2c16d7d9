"""What visits learned adds up exactly: each enterprise once, its latest counts, rates as Σ over Σ."""

import io
from datetime import date

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from midun.kernel.trail.models import Entry
from midun.visits.baseline import by_unit, total_of
from midun.visits.models import Visit
from midun.visits.rates import Rate


def everything():
    return Visit.objects.unscoped("test").live()


def test_an_enterprise_counts_once_with_what_was_learned_last(record, cast):
    record(day=date(2025, 6, 1), secrets=5, nda_signed=10, nda_should=100, has_rules="no")
    record(day=date(2025, 6, 9), nda_signed=60, nda_should=100, has_rules="yes")
    record(day=date(2025, 6, 20))
    record(enterprise=cast.yi, secrets=7, patents=3, nda_signed=20, nda_should=100, has_rules="no")
    found = total_of(everything())
    assert (found.enterprises, found.secrets, found.patents) == (2, 12, 3)
    assert (found.nda, found.rules) == (Rate(80, 200), Rate(1, 2))
    assert str(found.nda) == "80 / 200（40.0%）"
    assert found.non_compete.percent == "—"


def test_units_side_by_side_and_together(record, cast):
    record(secrets=5, day=date(2025, 6, 1))
    record("other_district_officer", secrets=9, day=date(2025, 6, 2))
    rows = by_unit(everything(), str)
    assert [(r.enterprises, r.secrets) for r in rows] == [(1, 5), (1, 9)]
    together = total_of(everything())
    assert (together.enterprises, together.secrets) == (1, 9)  # 甲, visited by both: the later counts


counts = st.one_of(st.none(), st.integers(0, 9))
visits = st.lists(
    st.tuples(st.booleans(), st.integers(1, 5), counts, counts, st.sampled_from(["", "yes", "no"])), max_size=6
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(visits)
def test_it_agrees_with_counting_by_hand(record, cast, made):
    Visit.objects.unscoped("test").all().delete()
    latest = {}
    for ours, day, secrets, signed, rules in made:
        enterprise = cast.jia if ours else cast.yi
        pair = {"nda_signed": signed, "nda_should": 9} if signed is not None else {}
        visit = record(enterprise=enterprise, day=date(2025, 6, day), secrets=secrets, has_rules=rules, **pair)
        known = latest.setdefault(enterprise.pk, {})
        for name, value in (("secrets", secrets), ("signed", signed), ("rules", rules or None)):
            if value is not None and (name not in known or (day, visit.pk) > known[name][0]):
                known[name] = ((day, visit.pk), value)
    found = total_of(everything())

    def values(name):
        return [known[name][1] for known in latest.values() if name in known]

    assert found.enterprises == len(latest)
    assert found.secrets == sum(values("secrets"))
    assert found.nda == Rate(sum(values("signed")), 9 * len(values("signed")))
    assert found.rules == Rate(values("rules").count("yes"), len(values("rules")))


def test_the_page_narrows_and_stays_in_scope(record, login, cast):
    record(secrets=1234, nda_signed=1, nda_should=3)
    record("other_district_officer", enterprise=cast.yi, secrets=77, day=date(2025, 7, 1))
    shown = login("district_officer").get("/visits/baseline/").content.decode()
    assert "1,234" in shown
    assert "1 / 3（33.3%）" in shown
    assert "西区市场监管局" not in shown
    city = login("city_officer")
    assert "1,311" in city.get("/visits/baseline/").content.decode()
    july = city.get("/visits/baseline/?since=2025-07-01").content.decode()
    assert "1,234" not in july
    assert "西区市场监管局" in july
    assert "没有走访记录" in city.get("/visits/baseline/?until=2020-01-01").content.decode()


def test_the_excel(record, login):
    record(secrets=1234, nda_signed=1, nda_should=3)
    answer = login("district_officer").post("/visits/baseline/", {"since": "2025-06-01"})
    rows = [list(row) for row in openpyxl.load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True)]
    found = dict(zip(rows[0], rows[1], strict=True))
    assert found["单位"] == "东区市场监管局"
    assert (found["商业秘密数"], found["保密协议已签"], found["保密协议应签"]) == (1234, 1, 3)
    assert found["保密协议签约率"] == "33.3%"
    assert rows[2][0] == "合计"
    assert Entry.objects.get(verb="exported").target_label == "走访底数汇总"


@pytest.mark.parametrize(
    ("part", "whole", "said"), [(0, 0, "0 / 0（—）"), (1, 3, "1 / 3（33.3%）"), (1200, 1200, "1,200 / 1,200（100.0%）")]
)
def test_a_rate_shows_its_counts(part, whole, said):
    assert str(Rate(part, whole)) == said
    assert Rate.of(None, whole) is Rate.of(part, None) is None


def test_other_role_gets_403(login):
    assert login("enterprise_admin").get("/visits/baseline/").status_code == 403
