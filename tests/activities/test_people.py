"""The list of participants: one by one, pasted, from a table, matched, voided, printed."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from midun.activities.kinds import Method
from midun.activities.models import Participation
from midun.activities.people import COLUMNS, Person, from_file, from_tables, from_text, phone_of, phone_problem
from midun.activities.services import certificates, events, own, participants
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import Refused
from midun.kernel.trail.models import Entry
from midun.lib.sheets import SheetError, read_tables
from tests.activities.factories import FREE_CODE, address, entries, event, filled, listed, people

PASTED = "张三 甲精密机械有限公司 13800001000\n李四，乙生物医药股份有限公司，139 0000 2000\n"


@pytest.fixture
def made(cast):
    return event(cast.district_officer)


def xlsx(*rows):
    book, out = Workbook(), BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def person(**more):
    return {"enterprise": "甲精密机械有限公司", "name": "张三", "phone": "", "title": "", "credit_code": "", **more}


# one by one


def test_it_works(login, made, cast):
    client = login("district_officer")
    response = client.post(address("add-person", made.pk), person(phone="139 0000 0001", again="1"))
    assert response.headers["Location"] == address("add-person", made.pk)
    client.post(address("add-person", made.pk), person(name="李四"))
    first, second = entries(made)
    assert (first.phone, first.number, first.enterprise, first.method) == ("13900000001", 1, cast.jia, "staff")
    assert (second.identity, second.number) == ("name:李四|甲精密机械有限公司", 2)
    page = client.get(address("activity", made.pk)).content.decode()
    assert "参会人员（2 人，1 家企业）" in page
    assert "139****0001" in page
    assert "13900000001" not in page


def test_it_is_in_the_trail(login, made):
    login("district_officer").post(address("add-person", made.pk), person())
    last = Entry.objects.about(made).last()
    assert (last.verb, last.target_label) == ("signed_in", "张三（甲精密机械有限公司）")


def test_it_rejects_the_same_person_again(login, made):
    client = login("district_officer")
    client.post(address("add-person", made.pk), person(phone="13900000001"))
    page = client.post(address("add-person", made.pk), person(name="另一个名字", phone="+86 139-0000-0001"))
    assert "此人已在名单中（第 1 号）" in page.content.decode()
    assert len(entries(made)) == 1


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"name": ""}, "请填写姓名"),
        ({"enterprise": ""}, "请填写单位名称"),
        ({"phone": "1391234"}, "手机号应为 11 位数字"),
        ({"phone": "abc"}, "请填写电话号码"),
        ({"credit_code": "91310000MA1K35XR8Z"}, "第 18 位"),
        ({"name": "长" * 41}, "40"),
    ],
)
def test_it_rejects_what_is_wrong(login, made, given, says):
    page = login("district_officer").post(address("add-person", made.pk), person(**given)).content.decode()
    assert says in page
    assert entries(made) == []


NAMES = ("add-person", "add-people", "take-in")


@pytest.mark.parametrize("name", NAMES)
def test_outsider_gets_404(login, made, name):
    assert login("other_district_officer").post(address(name, made.pk), person()).status_code == 404


@pytest.mark.parametrize("name", NAMES)
def test_other_role_gets_403(login, made, name):
    for who in ("city_officer", "district_leader", "enterprise_admin", "expert"):
        assert login(who).post(address(name, made.pk), person()).status_code == 403


def test_a_voided_event_takes_nobody(made, cast, at):
    actor = cast.actor("district_officer")
    events.void(made, version=1, reason="未办", actor=actor, at=at)
    for act in (
        lambda: participants.add_person(made, person=people("张三")[0], actor=actor, at=at),
        lambda: participants.add_people(made, people=people("张三"), method=Method.PASTE, actor=actor, at=at),
    ):
        with pytest.raises(own.Voided):
            act()


# lists


def test_a_pasted_list_is_shown_first_and_entered_once(login, made):
    client, page = login("district_officer"), address("add-people", made.pk)
    shown = client.post(page, {"text": PASTED})
    assert "确认登记 2 人" in shown.content.decode()
    assert entries(made) == []
    text = shown.context["form"]["text"].value()
    client.post(page, {"text": text, "confirm": "1"})
    assert [(p.person_name, p.phone, p.method) for p in entries(made)] == [
        ("张三", "13800001000", "paste"),
        ("李四", "13900002000", "paste"),
    ]
    again = client.post(page, {"text": text, "confirm": "1"}, follow=True)
    assert "新增 0 人，已在名单中的 2 人没有重复登记" in again.content.decode()
    assert len(entries(made)) == 2


def test_a_table_is_entered_with_its_heads_in_any_order(login, made, cast):
    data = xlsx(
        ("参会企业", "职务", "姓名", "联系电话", "信用代码"),
        ("甲公司", "经理", "张三", 13800001000, cast.jia.credit_code),
    )
    client, page = login("district_officer"), address("add-people", made.pk)
    shown = client.post(page, {"file": SimpleUploadedFile("名单.xlsx", data)})
    form = shown.context["form"]
    client.post(page, {"text": form["text"].value(), "source": form["source"].value(), "confirm": "1"})
    kept = entries(made)[0]
    assert (kept.enterprise, kept.title, kept.method, kept.enterprise_name) == (cast.jia, "经理", "excel", "甲公司")


def test_rows_that_are_wrong_are_named_and_nothing_is_entered(login, made):
    text = PASTED + "王五\n赵六 丙公司 623\n张三 甲精密机械有限公司 13800001000\n"
    page = login("district_officer").post(address("add-people", made.pk), {"text": text, "confirm": "1"})
    shown = page.content.decode()
    for says in ("请填写单位名称", "电话号码应为 7 至 15 位数字", "与第 1 行是同一人", "3 行需要改正"):
        assert says in shown, says
    assert entries(made) == []


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "请粘贴名单或选择一个表格"),
        ({"file": SimpleUploadedFile("a.xlsx", b"PK\x03\x04 broken")}, ""),
        ({"file": SimpleUploadedFile("a.xlsx", b"\xd0\xcf\x11\xe0" + b"\0" * 600)}, ""),
        ({"text": "\n \n"}, ""),
        ({"text": "\n".join(f"人{n} 某公司 138{n:08d}" for n in range(2020))}, "一次最多 2000 人"),
    ],
    ids=["nothing", "broken", "old", "blank", "too-many"],
)
def test_it_rejects_what_is_no_list(login, made, given, says):
    page = login("district_officer").post(address("add-people", made.pk), {**given, "confirm": "1"})
    assert page.status_code == 200
    assert page.context["form"].errors
    assert says in page.content.decode()
    assert entries(made) == []


def test_it_rejects_a_file_that_is_too_large(login, made):
    big = SimpleUploadedFile("a.csv", b"x" * (5 * 1024 * 1024 + 1))
    page = login("district_officer").post(address("add-people", made.pk), {"file": big})
    assert "文件超过 5 MB" in page.content.decode()


def test_the_template_is_read_back(login, made):
    data = login("district_officer").get(address("people-template", made.pk)).content
    table = read_tables(data, name="模板.xlsx")[0]
    assert tuple(table.rows[0].cells) == COLUMNS
    [sample] = from_file(data, "模板.xlsx")
    assert sample.problems == {}
    assert login("other_district_officer").get(address("people-template", made.pk)).status_code == 404


def test_an_officer_s_list_adds_unknown_enterprises_with_a_right_code(made, cast, at):
    listed(made, cast.district_officer, people("张三", enterprise="新来科技有限公司", code=FREE_CODE))
    added = Organisation.objects.unscoped("test").get(credit_code=FREE_CODE)
    assert (added.name, added.jurisdiction, entries(made)[0].enterprise) == ("新来科技有限公司", cast.east, added)


def test_a_paper_list_after_the_sign_in_enters_nobody_twice(made, cast, at):
    """Who signed in by phone stands on the paper list without a number."""
    actor = cast.actor("district_officer")
    listed(made, cast.district_officer, people("张三", "李四"))
    paper = [Person(name, "甲精密机械 有限公司") for name in ("张三", "李 四", "王五")]
    added = participants.add_people(made, people=paper, method=Method.PASTE, actor=actor, at=at)
    assert (added.new, added.known) == (1, 2)
    with pytest.raises(participants.AlreadyListed, match="第 1 号"):
        participants.add_person(made, person=Person("张三", "甲精密机械有限公司"), actor=actor, at=at)
    later = Person("王五", "甲精密机械有限公司", phone="13900000009")
    assert participants.add_people(made, people=[later], method=Method.PASTE, actor=actor, at=at).new == 0
    namesake = Person("张三", "乙生物医药股份有限公司", phone="13900000010")
    assert participants.add_person(made, person=namesake, actor=actor, at=at).number == 4


def test_a_long_list_of_few_enterprises_asks_few_queries(made, cast, at, django_assert_max_num_queries):
    persons = people(*(f"人{n}" for n in range(300)))
    with django_assert_max_num_queries(40):
        participants.add_people(made, people=persons, method=Method.EXCEL, actor=cast.actor("district_officer"), at=at)
    assert len(entries(made)) == 300


# matching


@pytest.fixture
def typed(made, cast):
    """Two people of an enterprise nobody knows, one of another."""
    return listed(made, cast.district_officer, [
        *people("张三", "李四", enterprise="甲精密"),
        *people("王五", "赵六", "孙七", enterprise="别的公司")[2:],
    ])  # fmt: skip


def test_an_entry_is_matched_with_all_of_the_same_spelling(login, made, typed, cast):
    client, page = login("district_officer"), address("match", made.pk, typed[0].pk)
    shown = client.get(page)
    assert [e.name for e in shown.context["choices"]] == [cast.jia.name]
    client.post(page, {"enterprise": cast.jia.pk})
    assert [p.enterprise for p in entries(made)] == [cast.jia, cast.jia, None]
    assert Entry.objects.about(made).last().verb == "matched"


def test_an_unknown_enterprise_is_added_on_the_spot(login, made, typed):
    page = address("match", made.pk, typed[2].pk)
    data = {"enterprise": "new", "name": "别的科技有限公司", "credit_code": FREE_CODE}
    login("district_officer").post(page, data)
    assert entries(made)[2].enterprise.name == "别的科技有限公司"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"enterprise": ""}, "请选择一家企业"),
        ({"enterprise": "999999"}, "请选择一家企业"),
        ({"enterprise": "new", "name": "甲", "credit_code": "91310000MA1K35XR8Z"}, "第 18 位"),
        ({"enterprise": "new", "name": "", "credit_code": FREE_CODE}, "请填写"),
    ],
)
def test_it_rejects_a_match_that_is_wrong(login, made, typed, data, says):
    page = login("district_officer").post(address("match", made.pk, typed[0].pk), data)
    assert says in page.content.decode()
    assert entries(made)[0].enterprise is None


def test_an_enterprise_of_another_district_is_no_choice(login, made, typed, cast):
    page = address("match", made.pk, typed[0].pk)
    login("district_officer").post(page, {"enterprise": cast.yi.pk})
    assert entries(made)[0].enterprise is None


def test_somebody_may_be_of_no_enterprise(login, made, typed):
    login("district_officer").post(address("match", made.pk, typed[2].pk), {"enterprise": "none"})
    kept = entries(made)[2]
    assert (kept.enterprise, kept.is_enterprise, kept.is_unmatched) == (None, False, False)


def test_the_entry_of_another_event_is_404(login, made, typed, cast):
    other = event(cast.district_officer, title="另一场")
    for name in ("match", "void-person"):
        assert login("district_officer").post(address(name, other.pk, typed[0].pk), {"reason": "x"}).status_code == 404


# voiding


def test_an_entry_is_voided_with_a_reason_and_its_certificate(login, made, cast, at):
    events.change(made, version=1, actor=cast.actor("district_officer"), at=at, fields={"hours": 2})
    first, _ = listed(made, cast.district_officer, people("张三", "李四"))
    certificates.issue(made, participations=None, actor=cast.actor("district_officer"), at=at)
    client = login("district_officer")
    client.post(address("void-person", made.pk, first.pk), {"reason": "未到场"})
    first.refresh_from_db()
    assert (first.void_reason, first.counts) == ("未到场", False)
    assert first.certificates.get().revoke_reason == "未到场"
    assert [e.verb for e in Entry.objects.about(made)][-2:] == ["certificate_revoked", "voided"]
    page = client.post(address("void-person", made.pk, first.pk), {"reason": "再来"}, follow=True)
    assert "已经作废" in page.content.decode()
    client.post(address("add-person", made.pk), filled(name="张三", phone="13800001000"))
    assert [p.number for p in entries(made)] == [1, 2, 3]


def test_those_above_cannot_void(cast, made, at):
    [kept] = listed(made, cast.district_officer, people("张三"))
    with pytest.raises(Refused):
        participants.void_participation(kept, reason="x", actor=cast.actor("city_officer"), at=at)


# the database


def test_the_database_refuses_a_person_twice_and_an_impossible_history(made, cast, at):
    [kept] = listed(made, cast.district_officer, people("张三"))
    rows = Participation.objects.unscoped("test")
    for fields in ({"voided_at": at}, {"counts": False, "void_reason": ""}, {"method": "qr"}, {"identity": ""}):
        if fields == {"counts": False, "void_reason": ""}:
            continue  # an entry of a voided event does not count and is not voided itself
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.filter(pk=kept.pk).update(**fields)
    kept.pk, kept.number = None, 2
    with pytest.raises(IntegrityError), transaction.atomic():
        kept.save(force_insert=True)


# the printed list


def test_the_sheet_is_a_pdf_for_whoever_sees_the_event(login, made, cast):
    listed(made, cast.district_officer, people("张三"))
    for who in ("district_officer", "city_officer", "district_leader"):
        assert login(who).get(address("sheet", made.pk)).content.startswith(b"%PDF-")
    assert login("other_district_officer").get(address("sheet", made.pk)).status_code == 404
    assert login("enterprise_admin").get(address("sheet", made.pk)).status_code == 403


# reading lists, without a database


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("张三 甲公司 13800001000", ("张三", "甲公司", "", "13800001000", "")),
        ("13800001000,甲公司,张三", ("张三", "甲公司", "", "13800001000", "")),
        ("张三\t经理\t甲公司\t138-0000-1000", ("张三", "甲公司", "", "13800001000", "经理")),
        ("甲集团（上海）有限公司 / 张三 / 021-62345678", ("张三", "甲集团（上海）有限公司", "", "02162345678", "")),
        ("张三 91310000MA1K35XR8Q 甲公司", ("张三", "甲公司", "91310000MA1K35XR8Q", "", "")),
        ("1 张三 甲公司", ("张三", "甲公司", "", "", "")),
        ("张三 个人", ("张三", "个人", "", "", "")),
    ],
)
def test_a_line_is_read_as_people_write_it(line, wanted):
    [one] = from_text(line)
    found = one.person()
    assert (found.name, found.enterprise, found.credit_code, found.phone, found.title) == wanted
    assert one.problems == {}


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("+86 138-0000-1000", "13800001000"),
        ("008613800001000", "13800001000"),
        ("１３８００００１０００", "13800001000"),
    ],
)
def test_numbers_are_compared_as_digits(text, digits):
    assert (phone_of(text), phone_problem(text)) == (digits, "")


@given(st.text(max_size=400))
def test_any_text_gives_people_or_a_sentence(text):
    try:
        found = from_text(text)
    except SheetError as problem:
        assert str(problem)
        return
    for one in found:
        if not one.problems:
            assert one.person().name
            assert len(one.person().identity) <= 180


def test_an_empty_table_is_refused():
    with pytest.raises(SheetError, match="名单是空的"):
        from_tables([])
