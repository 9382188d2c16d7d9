"""The ledger: list, filters, tabs, saved views, Excel, paper; and another district's claims by every door."""

import io
from datetime import date

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from midun.claims import services
from midun.claims.models import Claim
from midun.kernel.files.models import Attachment
from midun.kernel.trail.models import Entry

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.fixture
def west(raise_claim, cast):
    """A claim of the other district."""
    return raise_claim(
        "other_district_officer", unit=cast.west_bureau, enterprise=cast.yi, title="西区企业的诉求", contact="李某"
    )


def rows(answer):
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    head, *body = list(sheet.iter_rows(values_only=True))
    return [dict(zip(head, row, strict=True)) for row in body]


def test_it_works(claim, closed, west, login):
    shown = login("district_officer").get("/claims/").content.decode()
    assert claim.title in shown
    assert west.title not in shown
    city = login("city_officer").get("/claims/").content.decode()
    assert west.title in city


def test_an_empty_ledger_says_what_it_is_for(login):
    assert "按工作日计算服务承诺期限" in login("district_officer").get("/claims/").content.decode()


def test_the_query_bar_narrows(raise_claim, cast, at, login):
    late = raise_claim(title="早就提出的", raised_on=date(2025, 1, 6), urgency="urgent")
    fresh = raise_claim(title="今天提出的", topic="training", source="station", raised_on=date(2026, 11, 2))
    services.mark_lead(late, is_lead=True, reason="x", actor=cast.actor("district_officer"), at=at)
    services.accept(fresh, actor=cast.actor("district_officer"), at=at)
    services.close(fresh, resolved=True, reply="已培训", actor=cast.actor("district_officer"), at=at)
    client = login("district_officer")

    def found(query):
        body = client.get(f"/claims/?{query}").content.decode()
        return [c.title for c in (late, fresh) if c.get_absolute_url() in body]

    assert found("q=甲精密") == [late.title, fresh.title]
    assert found(f"q={fresh.number}") == [fresh.title]
    assert found("q=没有的词") == []
    assert found("state=registered") == [late.title]
    assert found("topic=training") == [fresh.title]
    assert found("urgency=urgent") == [late.title]
    assert found("source=station") == [fresh.title]
    assert found("since=2026-01-01") == [fresh.title]
    assert found("until=2025-12-31") == [late.title]
    assert found("unit=东区") == [late.title, fresh.title]
    assert found("only=overdue") == [late.title]
    assert found("only=open") == [late.title]
    assert found("only=lead") == [late.title]
    assert found("state=nonsense") == [late.title, fresh.title]


def test_the_tabs_count(raise_claim, closed, login):
    raise_claim(raised_on=date(2025, 1, 6))
    body = " ".join(login("district_officer").get("/claims/").content.decode().split())
    for label, count in (("全部", 2), ("待受理", 1), ("未办结", 1), ("已逾期", 1), ("疑似侵权线索", 0)):
        assert f"{label}<strong>{count}</strong>" in body


def test_the_list_does_not_ask_more_for_more_claims(raise_claim, login, django_assert_max_num_queries):
    client = login("district_officer")
    for n in range(15):
        raise_claim(title=f"第{n}件")
    with django_assert_max_num_queries(26):
        client.get("/claims/")


def test_the_excel_is_the_ledger_districts_keep_and_honours_the_filter(closed, raise_claim, west, login):
    raise_claim(title="=1+1")
    answer = login("district_officer").post("/claims/", {"action": "export", "state": "closed"})
    (row,) = rows(answer)
    assert row["编号"] == closed.number
    assert row["统一社会信用代码"] == closed.enterprise.credit_code
    assert (row["答复"], row["办理结果"]) == (closed.reply, "已解决")
    assert row["提出日期"].date() == date(2025, 6, 10)
    everything = rows(login("district_officer").post("/claims/", {"action": "export"}))
    assert {r["诉求概要"] for r in everything} == {closed.title, "=1+1"}
    assert Entry.objects.filter(verb="exported").count() == 2


def test_the_ledger_on_paper(closed, west, login, read_pdf):
    client = login("district_officer")
    assert client.get("/claims/ledger.pdf").status_code == 302
    answer = client.post("/claims/ledger.pdf", {"state": "closed"})
    assert answer.headers["Content-Type"] == "application/pdf"
    text = read_pdf(answer.content)
    assert "企业商业秘密保护诉求台账" in text
    assert "共1件" in text
    assert "甲精密机械有限公司" in text
    assert Entry.objects.get(verb="exported").target_label == "打印诉求台账"
    assert "共2件" in read_pdf(login("city_officer").post("/claims/ledger.pdf").content)
    assert login("enterprise_admin").post("/claims/ledger.pdf").status_code == 403


def test_the_sheet_of_one_claim(closed, cast, at, login, read_pdf):
    services.rate(closed, satisfaction=5, note="很及时", actor=cast.actor("enterprise_admin"), at=at)
    services.mark_lead(closed, is_lead=True, reason="不打印的理由", actor=cast.actor("district_officer"), at=at)
    text = read_pdf(login("district_officer").get(f"{closed.get_absolute_url()}sheet.pdf").content)
    for part in (
        closed.number,
        "甲精密机械有限公司",
        "诉求办理单",
        "已解决",
        "5分很及时",
        "承办人意见",
        "2025年7月1日",
    ):
        assert part in text
    assert "不打印的理由" not in text
    assert "标记线索" not in text


def test_another_districts_claim_is_404_by_every_door(west, cast, login):
    client, page = login("district_officer"), west.get_absolute_url()
    for path in ("", "sheet.pdf", "edit/", "void/", "restore/", "accept/"):
        assert client.get(page + path).status_code == 404, path
    for step in ("accept", "refuse", "close", "note", "transfer", "lead", "remind"):
        assert client.post(f"{page}{step}/").status_code == 404, step
    assert "西区企业的诉求" not in client.get("/claims/?q=西区企业").content.decode()
    assert rows(client.post("/claims/", {"action": "export"})) == []


def test_its_files_are_readable_exactly_by_its_readers(cast, login):
    client = login("enterprise_admin")
    upload = SimpleUploadedFile("情况说明.pdf", PDF, "application/pdf")
    data = {"title": "请求指导", "topic": "system", "urgency": "normal", "contact": "王经理", "uploads": [upload]}
    assert client.post("/claims/own/new/", data).status_code == 302
    file = Attachment.objects.unscoped("test").get()
    readers = {"enterprise_admin", "confidentiality_officer", "district_officer", "district_leader", "city_officer"}
    everybody = {*readers, "other_enterprise_admin", "other_district_officer", "station_staff", "expert", "visitor"}
    got = {who for who in everybody if login(who).get(f"/files/{file.pk}/").status_code == 200}
    assert got == readers


def test_a_file_that_should_not_be_there_is_removed_with_a_reason(claim, cast, at, login):
    officer = cast.actor("district_officer")
    services.change(claim, version=1, actor=officer, at=at, fields={}, files=[("配方.pdf", PDF)])
    file = Attachment.objects.of(claim).get()
    page = f"{claim.get_absolute_url()}files/{file.pk}/remove/"
    for who in ("city_officer", "other_district_officer"):
        assert login(who).get(page).status_code == 404
    client = login("district_officer")
    assert "移除附件" in client.get(claim.get_absolute_url()).content.decode()
    assert client.get(page).status_code == 200
    assert client.post(page, {"reason": "含商业秘密内容"}).status_code == 302
    assert client.get(f"/files/{file.pk}/").status_code == 404
    entry = Entry.objects.about(claim).last()
    assert (entry.verb, entry.reason) == ("attachment_removed", "含商业秘密内容")


def test_correcting_the_entry_moves_the_deadline(claim, login):
    client, page = login("district_officer"), f"{claim.get_absolute_url()}edit/"
    same = {"title": claim.title, "topic": claim.topic, "contact": "", "detail": "补充", "version": 1}
    assert client.post(page, {**same, "urgency": "urgent", "raised_on": "2025-06-09"}).status_code == 302
    claim.refresh_from_db()
    assert (claim.urgency, claim.detail, claim.version) == ("urgent", "补充", 2)
    assert (claim.clock_from, claim.handle_days, claim.due_on) == (date(2025, 6, 9), 5, date(2025, 6, 16))
    shown = client.get(claim.get_absolute_url()).content.decode()
    assert "紧急程度：一般 → 紧急" in shown


def test_after_a_handover_the_clock_does_not_go_back(claim, cast, at):
    east = cast.actor("district_officer")
    services.transfer(claim, to=cast.station, reason="x", actor=east, at=at)
    claim.refresh_from_db()
    before = claim.due_on
    services.change(claim, version=1, actor=east, at=at, fields={"raised_on": date(2025, 5, 6)})
    claim.refresh_from_db()
    assert (claim.raised_on, claim.due_on) == (date(2025, 5, 6), before)


def test_two_editors_one_wins(claim, login):
    page = f"{claim.get_absolute_url()}edit/"
    data = {"topic": claim.topic, "urgency": "normal", "raised_on": "2025-06-10", "version": 1}
    assert login("district_officer").post(page, {**data, "title": "甲改"}).status_code == 302
    answer = login("district_officer_2").post(page, {**data, "title": "乙改"})
    assert "刚被他人修改" in answer.content.decode()
    claim.refresh_from_db()
    assert claim.title == "甲改"


def test_only_open_claims_are_corrected_and_only_by_their_keepers(closed, raise_claim, cast, at, login):
    data = {"title": "x", "topic": "other", "urgency": "normal", "raised_on": "2025-06-10", "version": 1}
    answer = login("district_officer").post(f"{closed.get_absolute_url()}edit/", data)
    assert "已经办结，登记内容不能再修改" in answer.content.decode()
    assert login("city_officer").get(f"{raise_claim().get_absolute_url()}edit/").status_code == 404
    assert login("district_leader").get(f"{closed.get_absolute_url()}edit/").status_code == 403


def test_a_voided_claim_leaves_the_ledger_and_comes_back(claim, login):
    client, page = login("district_officer"), claim.get_absolute_url()
    assert client.post(f"{page}void/", {"reason": ""}).status_code == 200
    assert client.post(f"{page}void/", {"reason": "重复登记"}).status_code == 302
    assert claim.title not in client.get("/claims/").content.decode()
    assert "重复登记" in client.get(page).content.decode()
    assert "已作废" in client.post(f"{page}void/", {"reason": "再来"}).content.decode()
    assert client.post(f"{page}restore/", {"reason": "不是重复"}).status_code == 302
    assert claim.title in client.get("/claims/").content.decode()
    answer = client.post(f"{page}restore/", {"reason": "再来"})
    assert "刚被他人修改" in answer.content.decode()


def test_what_an_enterprise_raised_is_never_voided(own_claim, login):
    client, page = login("district_officer"), own_claim.get_absolute_url()
    assert "void/" not in client.get(page).content.decode()
    assert client.post(f"{page}void/", {"reason": "不想办"}).status_code == 403
    assert Claim.objects.unscoped("test").get().voided_at is None


def test_a_hint_where_it_smells_of_infringement(raise_claim, login):
    client = login("district_officer")
    plain = raise_claim(title="想参加培训")
    smelly = raise_claim(title="离职员工带走客户名单")
    assert "可能涉及侵犯商业秘密" not in client.get(plain.get_absolute_url()).content.decode()
    shown = client.get(smelly.get_absolute_url()).content.decode()
    assert "可能涉及侵犯商业秘密" in shown
    assert "12315" in shown
