"""Pages: who may open them and what they do."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from midun.campaigns.models import Campaign, CampaignUnit, PendingImport, PlanLine, PlanState
from midun.campaigns.services import imports, plan
from midun.kernel.files.models import Attachment
from midun.kernel.notify.models import Notice
from midun.kernel.trail.models import Entry
from midun.kernel.web.todos import todos_for
from tests.campaigns.factories import PLAN, campaign_of, csv_of, docx_of, lines_of, running, xlsx_of

PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"


@pytest.fixture
def campaign(cast):
    return running(cast.city_officer)


@pytest.fixture
def planned(campaign, cast, at):
    imports.import_annex(
        campaign=campaign,
        source=imports.read_source(data=csv_of(), name="附件1.csv"),
        actor=cast.actor("city_officer"),
        at=at,
    )
    return campaign


def address(name, *args):
    return reverse(f"campaigns:{name}", args=args)


def said(response):
    return "".join(str(m) for m in response.context["messages"])


# the list and the page of a campaign


def test_it_works(login, planned):
    for who in ("city_officer", "city_leader", "district_officer", "station_staff", "province_officer"):
        client = login(who)
        assert planned.title in client.get(address("list")).content.decode()
        assert client.get(address("detail", planned.pk)).status_code == 200
        assert client.get(address("plan", planned.pk)).status_code == 200


def test_a_draft_is_only_the_organisers(login, cast):
    draft = campaign_of(cast.city_officer)
    assert login("city_officer").get(address("detail", draft.pk)).status_code == 200
    for who in ("district_officer", "province_officer", "corps_officer"):
        assert login(who).get(address("detail", draft.pk)).status_code == 404
        assert login(who).get(address("plan", draft.pk)).status_code == 404


@pytest.mark.parametrize("name", ["list", "current-plan", "new", "current-mine"])
@pytest.mark.parametrize("who", ["enterprise_admin", "expert", "system_admin", "auditor"])
def test_other_role_gets_403(login, cast, name, who):
    assert login(who).get(address(name)).status_code == 403


@pytest.mark.parametrize("name", ["detail", "plan", "mine", "edit", "units", "import", "line-add", "documents"])
def test_a_visitor_is_sent_to_the_login(client, campaign, name):
    response = client.get(address(name, campaign.pk))
    assert response.status_code == 302
    assert "login" in response["Location"]


@pytest.mark.parametrize("name", ["edit", "units", "import", "documents"])
@pytest.mark.parametrize("who", ["district_officer", "province_officer", "city_leader", "liaison_officer"])
def test_only_the_organiser_s_officer_manages(login, campaign, name, who):
    for method in ("get", "post"):
        assert getattr(login(who), method)(address(name, campaign.pk)).status_code == 403
    assert login(who).post(address("step", campaign.pk, "close")).status_code == 403


def test_outsider_gets_404(login, planned):
    other = next(line for line in lines_of(planned) if line.unit.name == "西区市场监管局")
    client = login("district_officer")
    for name, args in (("line", [other.pk]), ("line-edit", [other.pk]), ("line-act", [other.pk, "withdraw"])):
        assert client.get(address(name, *args)).status_code == 404
    assert client.post(address("line-act", other.pk, "void"), {"reason": "x"}).status_code == 404
    assert other.content not in client.get(address("plan", planned.pk)).content.decode()
    assert other.content not in client.get(address("detail", planned.pk)).content.decode()


def test_an_export_holds_only_the_own_subtree(login, planned):
    response = login("district_officer").post(address("export", planned.pk, "xlsx"))
    annex = imports.read_source(data=response.content, name="x.xlsx").annex
    assert {row.unit for row in annex.rows} == {"东区市场监管局"}
    listed = login("district_officer").post(address("plan", planned.pk), {"action": "export"})
    assert "西区".encode() not in listed.content
    assert Entry.objects.filter(verb="exported").count() == 2


def test_a_preview_belongs_to_the_organiser(login, campaign, cast, at):
    pending = imports.open_import(
        campaign=campaign,
        source=imports.read_source(data=csv_of(), name="x.csv"),
        as_pending=False,
        actor=cast.actor("city_officer"),
        at=at,
    )
    assert login("district_officer").get(address("preview", pending.pk)).status_code == 404
    assert login("province_officer").post(address("preview", pending.pk), {"act": "confirm"}).status_code == 404
    assert lines_of(campaign) == []


# making, editing, participants, steps


def test_a_campaign_is_made_from_a_template(login, cast):
    client = login("city_officer")
    assert "模板：" in client.get(address("new")).content.decode()
    response = client.post(address("new"), {"source": "template:national-2025", "year": 2026})
    campaign = Campaign.objects.unscoped("test").get()
    assert response["Location"] == address("edit", campaign.pk)
    assert (campaign.year, str(campaign.start), campaign.strands.count()) == (2026, "2026-06-01", 5)
    units = [u.unit for u in campaign.units.select_related("unit")]
    assert units == [cast.city_bureau, cast.corps, cast.east_bureau, cast.west_bureau]
    assert Entry.objects.about(campaign).last().verb == "created"


def test_a_campaign_is_copied_from_last_year(login, planned):
    client = login("city_officer")
    client.post(address("new"), {"source": f"copy:{planned.pk}", "year": 2024})
    copy = Campaign.objects.unscoped("test").order_by("-pk").first()
    assert (copy.year, copy.state, str(copy.start)) == (2024, "draft", "2024-06-01")
    assert [s.keywords for s in copy.strands.all()] == [s.keywords for s in planned.strands.all()]
    assert [u.unit_id for u in copy.units.all()] == [u.unit_id for u in planned.units.all()]
    assert [str(f.due_on) for f in copy.required_forms.all()] == ["2024-07-03"]
    assert lines_of(copy) == []


def test_another_bureau_s_campaign_cannot_be_copied(login, planned):
    response = login("district_officer").post(address("new"), {"source": f"copy:{planned.pk}", "year": 2024})
    assert response.status_code == 200
    assert response.context["form"].errors


def edited(campaign, **more):
    strands = list(campaign.strands.all())
    data = {
        "version": campaign.version, "title": campaign.title, "theme": "新主题", "notice_number": "", "year": 2025,
        "start": "2025-06-01", "end": "2025-06-30", "plan_due_on": "2025-05-25",
        "strands-TOTAL_FORMS": len(strands) + 1, "strands-INITIAL_FORMS": 0,
        "forms-TOTAL_FORMS": 1, "forms-INITIAL_FORMS": 0,
        "forms-0-template": "shanghai-2023-annex2", "forms-0-due_on": "2025-07-05",
    }  # fmt: skip
    for index, strand in enumerate(strands):
        data |= {f"strands-{index}-id": strand.pk, f"strands-{index}-heading": strand.heading}
        data |= {f"strands-{index}-keywords": strand.keywords}
    data |= {f"strands-{len(strands)}-heading": "协同保护", f"strands-{len(strands)}-keywords": "联盟"}
    return data | more


def test_editing_works_and_is_in_the_trail(login, planned):
    client = login("city_officer")
    page = client.get(address("edit", planned.pk)).content.decode()
    assert "走访调研企业" in page
    assert "shanghai-2023-annex2" in page
    assert client.post(address("edit", planned.pk), edited(planned)).status_code == 302
    planned.refresh_from_db()
    assert (planned.theme, planned.year, str(planned.plan_due_on)) == ("新主题", 2025, "2025-05-25")
    assert [s.heading for s in planned.strands.all()][-1] == "协同保护"
    assert str(planned.required_forms.get().due_on) == "2025-07-05"
    assert [e.verb for e in Entry.objects.about(planned)][-2:] == ["changed", "changed"]


def test_it_rejects_a_stale_edit(login, planned):
    client, data = login("city_officer"), edited(planned)
    assert client.post(address("edit", planned.pk), data).status_code == 302
    response = client.post(address("edit", planned.pk), data | {"theme": "别的主题"})
    assert "刚被他人修改" in response.content.decode()
    planned.refresh_from_db()
    assert planned.theme == "新主题"


def test_it_rejects_deleting_a_strand_in_use(login, planned):
    data = edited(planned)
    data["strands-0-id"] = data["strands-0-heading"] = data["strands-0-keywords"] = ""
    response = login("city_officer").post(address("edit", planned.pk), data)
    assert "请先调整到其他板块再删除" in response.content.decode()
    planned.refresh_from_db()
    assert planned.theme != "新主题"


def test_it_rejects_a_period_that_ends_before_it_starts(login, planned):
    response = login("city_officer").post(address("edit", planned.pk), edited(planned, end="2025-05-01"))
    assert "结束日期不能早于开始日期" in response.content.decode()


def test_participants_are_chosen_from_the_subtree(login, cast, campaign):
    client = login("city_officer")
    page = client.get(address("units", campaign.pk)).content.decode()
    assert cast.station.name in page
    assert cast.samr.name not in page
    data = {f"take_{cast.station.pk}": "on", f"order_{cast.station.pk}": 1, f"category_{cast.station.pk}": "站点"}
    data |= {f"take_{cast.east_bureau.pk}": "on", f"order_{cast.east_bureau.pk}": 2}
    data |= {f"take_{cast.samr.pk}": "on"}
    assert client.post(address("units", campaign.pk), data).status_code == 302
    units = CampaignUnit.objects.unscoped("test").filter(campaign=campaign)
    assert [(u.unit, u.category) for u in units] == [(cast.station, "站点"), (cast.east_bureau, "")]
    assert Notice.objects.unscoped("test").filter(membership=cast.station_staff).count() == 1


def test_it_rejects_taking_out_a_unit_with_lines(login, cast, planned):
    data = {f"take_{cast.city_bureau.pk}": "on", f"order_{cast.city_bureau.pk}": 1}
    response = login("city_officer").post(address("units", planned.pk), data)
    assert "已有活动安排，不能移出" in said(response)
    assert planned.units.count() == 4


def test_launching_tells_the_units_and_closing_ends_it(login, cast):
    draft = campaign_of(cast.city_officer)
    client = login("city_officer")
    client.post(address("step", draft.pk, "launch"))
    draft.refresh_from_db()
    assert draft.state == "running"
    told = Notice.objects.unscoped("test").filter(key=f"campaign:{draft.pk}:launched")
    assert {n.membership_id for n in told} >= {cast.district_officer.pk, cast.corps_officer.pk}
    assert cast.district_leader.pk not in {n.membership_id for n in told}
    assert "当前状态" in said(client.post(address("step", draft.pk, "launch"), follow=True))
    client.post(address("step", draft.pk, "close"))
    assert client.get(address("step", draft.pk, "reopen")).status_code == 200
    client.post(address("step", draft.pk, "reopen"), {"reason": "漏报"})
    draft.refresh_from_db()
    assert (draft.state, draft.closed_at) == ("running", None)
    assert [e.verb for e in Entry.objects.about(draft)] == ["created", "launched", "closed", "reopened"]


def test_documents_are_attached_and_seen_by_the_units_only(login, campaign):
    client = login("city_officer")
    file = SimpleUploadedFile("通知.pdf", PDF, content_type="application/pdf")
    assert client.post(address("documents", campaign.pk), {"documents": file}).status_code == 302
    document = Attachment.objects.of(campaign).get()
    link = reverse("web:attachment", args=[document.pk])
    assert login("district_officer").get(link).status_code == 200
    assert login("enterprise_admin").get(link).status_code == 404
    assert "通知.pdf" in login("district_officer").get(address("detail", campaign.pk)).content.decode()
    client.post(address("documents", campaign.pk), {"remove": document.pk, "reason": "传错了"})
    assert client.get(link).status_code == 404


def test_it_rejects_a_document_of_another_kind(login, campaign):
    file = SimpleUploadedFile("run.pdf", b"MZ\x90\x00", content_type="application/pdf")
    response = login("city_officer").post(address("documents", campaign.pk), {"documents": file}, follow=True)
    assert "不支持的文件类型" in said(response)


# the plan


def test_a_unit_enters_submits_and_the_organiser_returns_and_approves(login, cast, campaign, at):
    district, city = login("district_officer"), login("city_officer")
    district.post(address("line-add", campaign.pk), {"content": "走访\n企业 20 家", "planned_on": "2025-06-12"})
    line = lines_of(campaign)[0]
    assert (line.content, line.unit, line.strand.key, line.category) == (
        "走访企业 20 家",
        cast.east_bureau,
        "research",
        "区级层面",
    )
    assert "提交活动安排：1 条" in next(t.text for t in todos_for(cast.actor("district_officer"), at.date()))
    district.post(address("mine", campaign.pk))
    assert "审核活动安排：1 条（1 个单位）" in [t.text for t in todos_for(cast.actor("city_officer"), at.date())]
    city.post(address("review", campaign.pk), {"line": f"{line.pk}:1", "act": "send_back", "reason": "请写明时间"})
    line.refresh_from_db()
    assert (line.state, line.return_reason) == (PlanState.RETURNED, "请写明时间")
    assert "修改被退回的活动安排：1 条" in [t.text for t in todos_for(cast.actor("district_officer"), at.date())]
    assert "请写明时间" in district.get(address("mine", campaign.pk)).content.decode()
    edit = {"content": "6月12日走访企业", "version": 1, "strand": line.strand_id}
    assert district.post(address("line-edit", line.pk), edit).status_code == 302
    district.post(address("line-act", line.pk, "submit"))
    city.post(address("review", campaign.pk), {"line": f"{line.pk}:2", "act": "approve"})
    line.refresh_from_db()
    assert line.state == PlanState.APPROVED
    verbs = [e.verb for e in Entry.objects.about(line)]
    assert verbs == ["created", "submitted", "returned", "changed", "submitted", "approved"]
    assert "办理经过" in city.get(address("line", line.pk)).content.decode()
    assert todos_for(cast.actor("district_officer"), at.date()) == []


def test_a_unit_that_has_planned_nothing_is_reminded(cast, campaign, at):
    assert [t.text for t in todos_for(cast.actor("corps_officer"), at.date())] == ["填报本单位的活动安排"]


def test_it_rejects_a_return_without_a_reason(login, planned):
    line = lines_of(planned)[0]
    response = login("city_officer").post(
        address("review", planned.pk), {"line": f"{line.pk}:1", "act": "send_back", "reason": " "}, follow=True
    )
    assert "必须填写理由" in said(response)
    line.refresh_from_db()
    assert line.state == PlanState.APPROVED


@pytest.mark.parametrize("act", ["approve", "send_back", "strand", "suggest"])
def test_units_cannot_review(login, planned, act):
    line = lines_of(planned)[3]
    data = {"line": f"{line.pk}:1", "act": act, "reason": "x"}
    for who in ("district_officer", "province_officer", "liaison_officer"):
        assert login(who).post(address("review", planned.pk), data).status_code == 403


def test_an_approved_line_is_not_edited_by_its_unit(login, planned):
    line = next(p for p in lines_of(planned) if p.unit.name == "东区市场监管局")
    response = login("district_officer").post(address("line-edit", line.pk), {"content": "改了", "version": 1})
    assert "不能修改" in response.content.decode()
    line.refresh_from_db()
    assert line.content == PLAN[3][3]


def test_a_superior_does_not_edit_for_the_unit(login, planned):
    line = next(p for p in lines_of(planned) if p.unit.name == "东区市场监管局")
    assert login("city_officer").post(address("line-edit", line.pk), {"content": "改了"}).status_code == 403
    assert login("city_officer").post(address("line-act", line.pk, "void"), {"reason": "x"}).status_code == 403


def test_lines_are_moved_withdrawn_and_voided(login, campaign, cast, at):
    client, actor = login("district_officer"), cast.actor("district_officer")
    first, second = (plan.add_line(campaign=campaign, content=c, actor=actor, at=at) for c in ("甲事", "乙事"))
    client.post(address("line-act", second.pk, "up"))
    assert [p.content for p in lines_of(campaign)] == ["乙事", "甲事"]
    client.post(address("line-act", second.pk, "up"))
    client.post(address("line-act", second.pk, "down"))
    assert [p.content for p in lines_of(campaign)] == ["甲事", "乙事"]
    client.post(address("mine", campaign.pk))
    assert "请先撤回" in said(client.post(address("line-act", first.pk, "up"), follow=True))
    client.post(address("line-act", first.pk, "withdraw"))
    assert client.get(address("line-act", first.pk, "void")).status_code == 200
    client.post(address("line-act", first.pk, "void"), {"reason": "取消"})
    first.refresh_from_db()
    assert (first.void_reason, first.state) == ("取消", PlanState.DRAFT)
    assert [p.content for p in lines_of(campaign)] == ["乙事"]
    assert "已作废" in client.get(address("line", first.pk)).content.decode()


def test_strands_are_changed_in_bulk(login, planned):
    lines, client = lines_of(planned), login("city_officer")
    target = planned.strands.get(key="guidance")
    ticked = [f"{p.pk}:{p.version}" for p in lines]
    client.post(address("review", planned.pk), {"line": ticked, "act": "strand", "strand": target.pk})
    assert {p.strand_id for p in lines_of(planned)} == {target.pk}
    client.post(address("review", planned.pk), {"line": ticked, "act": "suggest"})
    assert [p.strand_id for p in lines_of(planned)] == [p.strand_id for p in lines]
    client.post(address("review", planned.pk), {"line": ticked[:1], "act": "strand", "strand": ""})
    assert "未归类" in client.get(address("detail", planned.pk)).content.decode()


def test_the_plan_is_filtered(login, planned, cast):
    client = login("city_officer")
    pages = {
        f"unit={cast.east_bureau.pk}": 2, "state=approved": 6, "state=draft": 0, "text=检察院": 1, "strand=none": 0,
        f"strand={planned.strands.get(key='publicity').pk}": 2,
    }  # fmt: skip
    for query, count in pages.items():
        assert client.get(f"{address('plan', planned.pk)}?{query}").context["page"].paginator.count == count, query


def test_the_plan_asks_few_queries(login, planned, django_assert_max_num_queries):
    client = login("city_officer")
    client.get(address("plan", planned.pk))
    with django_assert_max_num_queries(22):
        client.get(address("plan", planned.pk))
    with django_assert_max_num_queries(24):
        client.get(address("detail", planned.pk))


def test_the_shortcuts_lead_to_the_running_campaign(login, campaign):
    assert login("city_officer").get(address("current-plan"))["Location"] == address("plan", campaign.pk)
    assert login("district_officer").get(address("current-mine"))["Location"] == address("mine", campaign.pk)


def test_without_a_campaign_the_shortcuts_lead_to_the_list(login, cast):
    assert login("city_officer").get(address("current-plan"))["Location"] == address("list")
    assert login("district_officer").get(address("current-mine"))["Location"] == address("list")


def test_a_unit_that_does_not_take_part_cannot_enter(login, campaign):
    client = login("station_staff")
    assert "没有参加" in client.get(address("mine", campaign.pk)).content.decode()
    assert client.post(address("line-add", campaign.pk), {"content": "x"}).status_code == 403


# the import wizard


def upload(client, campaign, data, name="附件1.xlsx", **more):
    return client.post(address("import", campaign.pk), {"file": SimpleUploadedFile(name, data), **more})


@pytest.mark.parametrize(
    ("name", "make"), [("a.csv", csv_of), ("a.xlsx", xlsx_of), ("a.docx", docx_of)], ids=["csv", "xlsx", "docx"]
)
def test_the_wizard_previews_and_confirms(login, campaign, name, make):
    client = login("city_officer")
    assert client.get(address("import", campaign.pk)).status_code == 200
    preview = upload(client, campaign, make(), name)["Location"]
    shown = client.get(preview)
    assert shown.context["preview"].counts == {"new": 6, "same": 0, "changed": 0, "rejected": 0}
    assert lines_of(campaign) == []
    confirm = {"act": "confirm", "fingerprint": shown.context["preview"].fingerprint}
    done = client.post(preview, confirm, follow=True)
    assert "新增 6 条" in said(done)
    assert len(lines_of(campaign)) == 6
    client.post(preview, confirm)
    assert len(lines_of(campaign)) == 6


def test_pasted_text_works(login, campaign):
    text = "\n".join("\t".join(map(str, row)) for row in (("类别", "单位", "序号", "活动安排"), *PLAN))
    client = login("city_officer")
    shown = client.post(address("import", campaign.pk), {"text": text, "as_pending": "on"}, follow=True)
    assert shown.context["preview"].counts["new"] == 6
    assert "待审核" in shown.content.decode()


def test_the_wizard_matches_unknown_units_and_says_why_rows_are_rejected(login, campaign, cast):
    client = login("city_officer")
    rows = [*PLAN, ("区级层面", "北区市监分局", 7, "走访企业"), ("区级层面", "东区市场监管局", "八", "座谈")]
    preview = upload(client, campaign, csv_of(rows), "a.csv")["Location"]
    page = client.get(preview).content.decode()
    assert "“八”不是 1 到 99999 的整数" in page
    assert "未识别" in page
    shown = client.get(preview).context["preview"]
    refused = client.post(preview, {"act": "confirm", "fingerprint": shown.fingerprint}, follow=True)
    assert "未识别" in said(refused)
    client.post(preview, {"act": "decide", "name": "北区市监分局", "choice": "create"})
    shown = client.get(preview).context["preview"]
    assert (shown.counts["new"], shown.counts["rejected"]) == (7, 1)
    confirm = {"act": "confirm", "fingerprint": shown.fingerprint}
    assert "跳过被拒收的行" in said(client.post(preview, confirm, follow=True))
    assert "新建单位：北区市监分局" in said(client.post(preview, confirm | {"skip_rejected": "on"}, follow=True))
    assert len(lines_of(campaign)) == 7


def test_a_preview_can_be_discarded(login, campaign):
    client = login("city_officer")
    preview = upload(client, campaign, xlsx_of())["Location"]
    client.post(preview, {"act": "discard"})
    assert not PendingImport.objects.unscoped("test").exists()
    assert not PlanLine.objects.unscoped("test").exists()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"text": " "}, "请选择文件"),
        ({"text": "没有表格的一句话"}, "没有找到"),
        ({"text": "甲\t乙\n1\t2"}, "没有找到活动安排表"),
    ],
)
def test_it_rejects_what_is_no_annex(login, campaign, data, says):
    response = login("city_officer").post(address("import", campaign.pk), data)
    assert response.status_code == 200
    assert says in response.content.decode()


def test_it_rejects_a_file_that_is_not_what_its_name_says(login, campaign):
    response = upload(login("city_officer"), campaign, b"\x89PNG\r\n\x1a\n0000", "附件1.xlsx")
    assert response.status_code == 200
    assert response.context["form"].errors["file"]


@pytest.mark.parametrize("kind", ["exe", "html"])
def test_an_unknown_export_is_404(login, planned, kind):
    assert login("city_officer").post(address("export", planned.pk, kind)).status_code == 404
