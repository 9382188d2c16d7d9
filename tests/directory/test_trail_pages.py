"""The auditor's pages: searching, reading, exporting, checking the trail; the login history."""

import json

import pytest
from django.test import Client

from midun.accounts.services.logins import Attempt, Outcome, note
from midun.kernel.orgs.actor import system_actor
from midun.kernel.orgs.models import User
from midun.kernel.orgs.services import change_organisation, grant
from midun.kernel.trail import anchors, chain
from midun.kernel.trail.models import Entry
from midun.kernel.trail.services import head
from midun.lib.sheets import read_tables
from tests.kernel.trail.test_trail import tamper

pytestmark = pytest.mark.django_db


@pytest.fixture
def acts(cast, at):
    """Something that each district did."""
    for who, organisation, park in (
        ("district_officer", cast.jia, "张江科学城"),
        ("other_district_officer", cast.yi, "漕河泾"),
    ):
        change_organisation(
            organisation=organisation,
            actor=cast.actor(who),
            at=at,
            version=1,
            fields={"park": park, "jurisdiction": organisation.jurisdiction},
        )


@pytest.fixture
def district_auditor(cast, at):
    user = User.objects.create_user(username="district_auditor", password="Correct-Horse-9", name="东区审计员")
    grant(user=user, organisation=cast.east_bureau, role="auditor", actor=system_actor("测试"), at=at)
    client = Client()
    client.force_login(user)
    return client


def rows(page):
    return [row for row, _ in page.context["rows"]]


def test_it_works(acts, login):
    page = login("auditor").get("/directory/trail/")
    assert {e.target_label for e in rows(page)} >= {"甲精密机械有限公司", "乙生物医药股份有限公司"}


@pytest.mark.parametrize("who", ["system_admin", "security_admin", "city_leader", "city_officer", "enterprise_admin"])
def test_other_role_gets_403(acts, login, who):
    for path in ("/directory/trail/", f"/directory/trail/{head()[0]}/", "/directory/logins/"):
        assert login(who).get(path).status_code == 403
    assert login(who).post("/directory/trail/", {"action": "jsonl"}).status_code == 403


def test_outsider_gets_404(cast, acts, district_auditor):
    theirs = Entry.objects.get(verb="changed", target_label="乙生物医药股份有限公司")
    own = Entry.objects.get(verb="changed", target_label="甲精密机械有限公司")
    assert district_auditor.get(f"/directory/trail/{theirs.seq}/").status_code == 404
    assert district_auditor.get(f"/directory/trail/{own.seq}/").status_code == 200
    for action in ("jsonl", "export"):
        answer = district_auditor.post("/directory/trail/", {"action": action})
        data = b"".join(answer.streaming_content) if answer.streaming else answer.content
        text = data.decode() if action == "jsonl" else str(read_tables(data, name="x.xlsx"))
        assert "甲精密机械" in text
        assert "漕河泾" not in text
        assert "乙生物医药" not in text


def test_what_belongs_to_nobody_is_the_topmost_auditors(cast, at, login, district_auditor):
    note(Attempt("nobody", "10.0.0.1"), Outcome.FAILURE, at=at)
    note(Attempt("district_officer", "10.0.0.2"), Outcome.FAILURE, at=at)
    note(Attempt("other_district_officer", "10.0.0.3"), Outcome.FAILURE, at=at)
    seen = {r.username for r in rows(login("auditor").get("/directory/logins/"))}
    assert seen == {"nobody", "district_officer", "other_district_officer"}
    assert {r.username for r in rows(district_auditor.get("/directory/logins/"))} == {"district_officer"}
    told = {e.user_name for e in rows(district_auditor.get("/directory/trail/?verb=login_failed"))}
    assert told == {"district_officer"}


@pytest.mark.parametrize(
    ("query", "jia"),
    [
        ({"who": "district_officer", "verb": "changed"}, True),
        ({"unit": "东区"}, True),
        ({"unit": "西区"}, False),
        ({"kind": "orgs.organisation", "text": "张江"}, True),
        ({"kind": "orgs.user"}, False),
        ({"text": "张江科学城"}, True),
        ({"since": "2025-06-10", "until": "2025-06-10", "verb": "changed"}, True),
        ({"since": "2025-06-11"}, False),
    ],
)
def test_search(acts, login, query, jia):
    found = rows(login("auditor").get("/directory/trail/", query))
    assert any(e.verb == "changed" and e.target_label.startswith("甲") for e in found) is jia


def test_an_entry_is_read_as_a_table_of_fields(cast, acts, login):
    seq = Entry.objects.get(verb="changed", target_label="甲精密机械有限公司").seq
    page = login("auditor").get(f"/directory/trail/{seq}/").content.decode()
    for text in ("园区", "张江科学城", "（空）", "district_officer", "东区市场监管局", "经办人", "与内容相符"):
        assert text in page
    made = Entry.objects.get(verb="created", target_label="甲精密机械有限公司").seq
    page = login("auditor").get(f"/directory/trail/{made}/").content.decode()
    for text in ("统一社会信用代码", "企业", "东区"):  # choices and units by their names
        assert text in page


def test_the_export_with_digests_can_be_checked_elsewhere(acts, login):
    client = login("auditor")
    answer = client.post("/directory/trail/", {"action": "jsonl"})
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert list(chain.export_faults(lines)) == []
    assert json.loads(lines[0])["seq"] == 1
    recorded = Entry.objects.get(verb="exported")
    assert f'"rows":{len(lines)}' in recorded.after
    answer = client.post("/directory/trail/", {"action": "jsonl", "verb": "changed"})
    some = b"".join(answer.streaming_content).decode().splitlines()
    assert len(some) == 2
    assert list(chain.export_faults(some)) == []


def test_the_export_to_excel_is_in_the_trail(acts, login):
    answer = login("auditor").post("/directory/trail/", {"action": "export", "verb": "changed"})
    table = read_tables(answer.content, name="x.xlsx")[0]
    assert table.rows[0].cells[:4] == ["序号", "时间", "单位", "操作人"]
    assert len(table.rows) == 3
    assert Entry.objects.filter(verb="exported").exists()


def test_the_chain_is_checked_in_the_browser(acts, login, settings, at):
    client = login("auditor")
    anchors.note(settings.MIDUN_HOME, seq=head()[0], digest=head()[1], at=at)
    said = client.post("/directory/trail/", {"action": "verify"}, follow=True).content.decode()
    assert "核验通过" in said
    assert "已对照 1 个锚点" in said
    assert Entry.objects.filter(verb="trail_verified").count() == 1
    tamper("UPDATE trail_entry SET reason = 'x' WHERE seq = 5")
    said = client.post("/directory/trail/", {"action": "verify"}, follow=True).content.decode()
    assert "核验未通过" in said
    assert "第 5 条" in said
    assert "与内容不符" in client.get("/directory/trail/5/").content.decode()


def test_login_filters(cast, at, login):
    note(Attempt("district_officer", "10.0.0.2"), Outcome.FAILURE, at=at)
    note(Attempt("city_officer", "10.0.0.3"), Outcome.SUCCESS, at=at)
    client = login("auditor")
    assert [r.username for r in rows(client.get("/directory/logins/?outcome=success"))] == ["city_officer"]
    assert [r.username for r in rows(client.get("/directory/logins/?ip=10.0.0.2"))] == ["district_officer"]
    assert rows(client.get("/directory/logins/?since=2025-06-11")) == []


def test_lists_need_few_queries(acts, login, django_assert_max_num_queries):
    client = login("auditor")
    client.get("/directory/trail/")
    with django_assert_max_num_queries(16):
        client.get("/directory/trail/")
