"""Entering, showing, listing and changing an event."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from midun.activities.models import Activity
from midun.activities.services import events
from midun.campaigns.services import plan
from midun.kernel.files.models import Attachment
from midun.kernel.orgs.services import Refused, Stale
from midun.kernel.trail.models import Entry
from midun.kernel.web.todos import todos_for
from tests.activities.factories import DAY, address, event, listed, people, png, quick
from tests.campaigns.factories import running


def only():
    return Activity.objects.unscoped("test").get()


# the quick form


def test_it_works(login):
    """Kind, title and save: everything else has a default."""
    response = login("district_officer").post(
        address("new"), {"kind": "lecture", "title": "专题讲座", "day": "2025-06-10", "mode": "on_site", "version": "1"}
    )
    made = only()
    assert response.headers["Location"] == address("activity", made.pk)
    assert (made.kind, made.title, made.day, made.mode, made.materials) == ("lecture", "专题讲座", DAY, "on_site", 0)


def test_the_form_opens_ready_to_send(login, cast):
    event(cast.district_officer, place="张江会议中心")
    page = login("district_officer").get(address("new")).content.decode()
    form = login("district_officer").get(address("new")).context["form"]
    assert form["day"].value() is not None
    assert form["mode"].value() == "on_site"
    assert '<option value="张江会议中心">' in page
    assert page.count('type="radio" name="kind"') == 10
    assert 'data-draft="activity"' in page
    assert "multiple" in page


def test_with_everything(login, cast):
    data = quick(
        place="政务中心", start_time="09:00", end_time="11:30", hours="2.5", materials="60", summary="讲了案例",
        headcount_extra="20", headcount_reason="现场清点", anonymous_enterprises="3", anonymous_reason="不便列名",
        uploads=[SimpleUploadedFile("现场.png", png())], sheets=[SimpleUploadedFile("签到表.png", png("white"))],
    )  # fmt: skip
    login("liaison_officer").post(address("new"), data)
    made = only()
    assert (made.hours, made.headcount_extra, made.anonymous_enterprises, made.materials) == (2.5, 20, 3, 60)
    kinds = dict(Attachment.objects.of(made).values_list("name", "kind"))
    assert kinds == {"现场.png": "photo", "签到表.png": "sign_in_sheet"}


def test_it_is_in_the_trail(login):
    login("district_officer").post(address("new"), quick())
    made = only()
    login("district_officer").post(address("edit", made.pk), quick(place="改到二楼"))
    verbs = list(Entry.objects.about(made).values_list("verb", flat=True))
    assert verbs == ["created", "changed"]
    last = Entry.objects.about(made).last()
    assert (last.before, last.after) == ('{"place":""}', '{"place":"改到二楼"}')


@pytest.mark.parametrize("who", ["enterprise_admin", "expert", "system_admin", "auditor", "district_leader"])
def test_other_role_gets_403(login, who):
    assert login(who).post(address("new"), quick()).status_code == 403
    assert not Activity.objects.unscoped("test").exists()


@pytest.mark.parametrize(
    ("given", "field", "says"),
    [
        ({"kind": ""}, "kind", "请选择"),
        ({"kind": "party"}, "kind", "party"),
        ({"title": " "}, "title", "请填写"),
        ({"title": "长" * 121}, "title", "120"),
        ({"day": "六月十日"}, "day", "日期"),
        ({"headcount_extra": "5"}, "headcount_reason", "请写明依据"),
        ({"headcount_extra": "-1"}, "headcount_extra", "0"),
        ({"anonymous_enterprises": "5"}, "anonymous_reason", "请写明依据"),
        ({"start_time": "10:00", "end_time": "09:00"}, "end_time", "晚于"),
        ({"end_time": "09:00"}, "end_time", "晚于"),
        ({"hours": "0"}, "hours", "学时"),
        ({"materials": "一百"}, "materials", "整数"),
        ({"plan_line": "999"}, "plan_line", "选"),
    ],
)
def test_it_rejects_what_is_wrong_and_says_so(login, given, field, says):
    response = login("district_officer").post(address("new"), quick(**given))
    assert response.status_code == 200
    errors = response.context["form"].errors
    assert says in "".join(errors.get(field, [])), errors.as_json()
    assert not Activity.objects.unscoped("test").exists()


def test_it_rejects_a_bad_file_and_keeps_nothing(login):
    data = quick(uploads=[SimpleUploadedFile("a.png", png()), SimpleUploadedFile("b.exe", b"MZ\x90\x00")])
    response = login("district_officer").post(address("new"), data)
    assert "不支持的文件类型" in response.content.decode()
    assert not Activity.objects.unscoped("test").exists()


def test_a_reason_without_a_count_is_not_kept(login):
    login("district_officer").post(address("new"), quick(headcount_extra="0", headcount_reason="现场清点"))
    assert only().headcount_reason == ""


# for a line of the plan


@pytest.fixture
def line(cast, at):
    campaign = running(cast.city_officer)
    return plan.add_line(campaign=campaign, content="走进园区宣讲", actor=cast.actor("district_officer"), at=at)


def test_the_line_is_chosen_from_its_own_page(login, line):
    form = login("district_officer").get(address("new"), {"plan_line": line.pk}).context["form"]
    assert str(form["plan_line"].value()) == str(line.pk)
    login("district_officer").post(address("new"), quick(plan_line=line.pk))
    assert only().plan_line == line


def test_the_line_of_another_unit_is_refused(login, line):
    response = login("other_district_officer").post(address("new"), quick(plan_line=line.pk))
    assert "plan_line" in response.context["form"].errors


# pages


def test_the_page_and_the_list(login, cast):
    made = event(cast.district_officer, title="园区开放日", kind="open_day")
    listed(made, cast.district_officer, people("张三"))
    for who in ("district_officer", "district_leader", "city_officer", "province_officer", "nation_officer"):
        page = login(who).get(address("activity", made.pk)).content.decode()
        assert "园区开放日" in page
        assert ("逐人登记" in page) == (who == "district_officer")
        assert "园区开放日" in login(who).get(address("activities")).content.decode()


def test_outsider_gets_404(login, cast):
    made = event(cast.district_officer)
    for who in ("other_district_officer", "station_staff", "corps_officer"):
        client = login(who)
        assert client.get(address("activity", made.pk)).status_code == 404
        assert client.get(address("edit", made.pk)).status_code == 404
        assert "离职交接专题培训" not in client.get(address("activities")).content.decode()
        export = client.post(address("activities"), {"action": "export"}).content
        assert b"PK" in export[:4]


def test_those_above_read_and_do_not_edit(login, cast):
    made = event(cast.district_officer)
    response = login("city_officer").post(address("edit", made.pk), quick())
    assert response.status_code == 403
    assert "只有登记该活动的单位可以修改" in response.content.decode()


def test_the_list_counts_people(login, cast, django_assert_max_num_queries):
    for n in range(3):
        made = event(cast.district_officer, title=f"第{n}场", headcount_extra=n, headcount_reason="清点" if n else "")
        listed(made, cast.district_officer, people("张三", "李四"))
    client = login("district_officer")
    with django_assert_max_num_queries(15):
        page = client.get(address("activities")).context["page"]
    assert sorted(a.people for a in page.object_list) == [2, 3, 4]


def test_the_list_is_filtered(login, cast, at):
    event(cast.district_officer, title="甲", day=date(2025, 6, 1), kind="forum")
    event(cast.district_officer, title="乙", day=date(2025, 6, 20))
    gone = event(cast.district_officer, title="丙")
    events.void(gone, version=1, reason="未办", actor=cast.actor("district_officer"), at=at)
    client = login("city_officer")

    def shown(**query):
        return {a.title for a in client.get(address("activities"), query).context["page"].object_list}

    assert shown() == {"甲", "乙"}
    assert shown(kind="forum") == {"甲"}
    assert shown(since="2025-06-02") == {"乙"}
    assert shown(until="2025-06-02") == {"甲"}
    assert shown(q="乙") == {"乙"}
    assert shown(unit="西区") == set()
    assert shown(voided="on") == {"丙"}


def test_a_page_of_a_large_event_asks_few_queries(login, cast, django_assert_max_num_queries):
    made = event(cast.district_officer)
    listed(made, cast.district_officer, people(*(f"人{n}" for n in range(120))))
    client = login("district_officer")
    with django_assert_max_num_queries(30):
        page = client.get(address("activity", made.pk))
    assert len(page.context["people"]) == 100
    assert len(client.get(address("activity", made.pk), {"page": 2}).context["people"]) == 20


# two officers


def test_of_two_editors_the_second_loses_nothing(login, cast):
    made = event(cast.district_officer, place="一楼")
    first, second = login("district_officer"), login("district_officer_2")
    first.post(address("edit", made.pk), quick(place="二楼", kind="training", title=made.title))
    mine = quick(place="三楼", summary="我写的简述", kind="training", title=made.title)
    response = second.post(address("edit", made.pk), mine)
    page = response.content.decode()
    assert "district_officer在" in page
    assert "您填写“三楼”，现在是“二楼”" in page
    assert "我写的简述" in page
    assert only().place == "二楼"
    second.post(address("edit", made.pk), {**mine, "version": response.context["form"]["version"].value()})
    assert (only().place, only().summary, only().version) == ("三楼", "我写的简述", 3)


def test_the_service_refuses_a_stale_version(cast, at):
    made = event(cast.district_officer)
    actor = cast.actor("district_officer")
    events.change(made, version=1, actor=actor, at=at, fields={"place": "甲"})
    with pytest.raises(Stale):
        events.change(made, version=1, actor=actor, at=at, fields={"place": "乙"})
    assert only().place == "甲"


def test_saving_without_a_change_writes_nothing(cast, at):
    made = event(cast.district_officer, place="甲")
    events.change(made, version=1, actor=cast.actor("district_officer"), at=at, fields={"place": "甲"})
    assert (only().version, Entry.objects.about(made).count()) == (1, 1)


def test_only_for_the_own_unit(cast, at):
    with pytest.raises(Refused, match="本单位"):
        events.add(
            unit=cast.west_bureau, actor=cast.actor("district_officer"), at=at, kind="forum", title="论坛", day=DAY
        )


# the desk


def test_the_desk_asks_for_a_missing_list(cast, at):
    today = at.date()
    event(cast.district_officer, title="没有名单", day=today - timedelta(days=5))
    event(
        cast.district_officer, title="清点过", day=today - timedelta(days=5), headcount_extra=9, headcount_reason="清点"
    )
    event(cast.district_officer, title="昨天的", day=today - timedelta(days=1))
    found = [todo.text for todo in todos_for(cast.actor("district_officer"), today) if todo.kind == "补充名单"]
    assert found == ["活动“没有名单”还没有参会人员"]
    assert not [t for t in todos_for(cast.actor("other_district_officer"), today) if t.kind == "补充名单"]
