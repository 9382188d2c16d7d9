"""Enterprises from Excel: template, preview, returned copy, confirmation; twice changes nothing."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from midun.directory.models import EnterpriseImport
from midun.directory.services import enterprise_import as imports
from midun.kernel.orgs import uscc
from midun.kernel.orgs.actor import system_actor
from midun.kernel.orgs.enums import Level
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import add_jurisdiction, change_organisation
from midun.kernel.trail.models import Entry
from midun.kernel.trail.services import verify
from midun.lib.sheets import Column, Sheet, read_tables, write_csv, write_xlsx
from tests.conftest import JIA_CODE, YI_CODE

pytestmark = pytest.mark.django_db
TITLES = ["企业名称", "统一社会信用代码", "属地", "行业", "规模", "园区", "住所", "联系人", "联系电话", "联络点"]


def code(number):
    body = f"91310000MA8{number:05d}"
    body += uscc.organisation_check(body[8:])
    return body + uscc.check(body)


def row(number, *more):
    return [f"第{number}有限公司", code(number), *more] + [""] * (8 - len(more))


def workbook(rows, at, titles=TITLES):
    return write_xlsx([Sheet("企业", [Column(t) for t in titles], rows)], at=at)


def upload(client, data, name="企业.xlsx"):
    answer = client.post("/directory/enterprises/import/", {"file": SimpleUploadedFile(name, data)})
    assert answer.status_code == 302, answer.content.decode()
    return answer.headers["Location"]


def confirm(client, address):
    return client.post(address, {"fingerprint": client.get(address).context["plan"].fingerprint}, follow=True)


def enterprises():
    return Organisation.objects.unscoped("test").enterprises()


@pytest.fixture
def officer(login):
    return login("district_officer")


def test_it_works(cast, officer, at):
    data = workbook([row(1, "东区", "C35", "中型", "张江科学城", "某路 1 号", "张三", "138", "是"), row(2)], at)
    address = upload(officer, data)
    page = officer.get(address)
    assert page.context["changes"] == 2
    assert enterprises().count() == 2  # nothing is saved before it is confirmed
    done = confirm(officer, address).content.decode()
    assert "新增 2 家，更新 0 家，相同 0 家" in done
    made = enterprises().get(credit_code=code(1))
    assert (made.jurisdiction, made.sector, made.size, made.liaison_point) == (cast.east, "35", "medium", True)
    assert (made.park, made.address, made.contact_name) == ("张江科学城", "某路 1 号", "张三")


def test_a_second_import_changes_nothing(cast, officer, at):
    data = workbook([row(1, "", "35"), row(2)], at)
    confirm(officer, upload(officer, data))
    before = list(enterprises().order_by("pk").values())
    entries = Entry.objects.count()
    address = upload(officer, data)
    page = officer.get(address)
    assert page.context["changes"] == 0
    done = confirm(officer, address).content.decode()
    assert "新增 0 家，更新 0 家，相同 2 家" in done
    assert list(enterprises().order_by("pk").values()) == before
    assert Entry.objects.count() == entries + 1  # that it was imported


def test_confirming_twice_changes_nothing(cast, officer, at):
    address = upload(officer, workbook([row(1)], at))
    fingerprint = officer.get(address).context["plan"].fingerprint
    for _ in range(2):
        assert "新增 1 家" in officer.post(address, {"fingerprint": fingerprint}, follow=True).content.decode()
    assert enterprises().count() == 3


def test_known_enterprises_are_updated_and_empty_cells_keep(cast, officer, at):
    Organisation.objects.unscoped("test").filter(pk=cast.jia.pk).update(park="旧园区", address="旧址")
    data = workbook([["甲精密机械有限公司", JIA_CODE, "", "35", "大型", "", "新址", "", "", ""]], at)
    address = upload(officer, data)
    page = officer.get(f"{address}?status=changed").content.decode()
    assert "旧址" in page
    assert "新址" in page
    confirm(officer, address)
    cast.jia.refresh_from_db()
    assert (cast.jia.size, cast.jia.park, cast.jia.address, cast.jia.version) == ("large", "旧园区", "新址", 2)


def test_every_row_is_in_the_trail(cast, officer, at):
    rows = [row(1), ["甲精密机械有限公司", JIA_CODE, "", "35", "", "", "", "", "", ""]]
    confirm(officer, upload(officer, workbook(rows, at)))
    new = Entry.objects.about(enterprises().get(credit_code=code(1))).get()
    assert (new.verb, new.reason) == ("imported", "导入“企业.xlsx”")
    changed = Entry.objects.about(cast.jia).last()
    assert (changed.verb, changed.before, changed.after) == ("changed", '{"sector":""}', '{"sector":"35"}')
    whole = Entry.objects.filter(target_label="企业名录").last()
    assert '"new":1' in whole.after
    assert '"sha256"' in whole.after
    assert list(verify()) == []


BAD = [
    (["", code(3)], "请填写企业名称"),
    (["丙", JIA_CODE[:-1] + "A"], "校验码"),
    (["丙", "123456789"], "组织机构代码"),
    (["丙", code(3), "南区"], "本辖区内没有“南区”"),
    (["丙", code(3), "西区"], "本辖区内没有“西区”"),
    (["丙", code(3), "", "Z9"], "不是 GB/T 4754"),
    (["丙", code(3), "", "", "特大"], "规模只能是"),
    (["丙", code(3), "", "", "", "", "", "", "", "也许"], "请填“是”或“否”"),
    (["丙" * 121, code(3)], "最多 120 个字"),
    (["乙", YI_CODE], "已在其他辖区的名录中"),
    (["律所", "LAW"], "应为 18 位"),
]


@pytest.mark.parametrize(("cells", "said"), BAD, ids=[said for _, said in BAD])
def test_it_rejects_a_row_and_says_why(cast, officer, at, cells, said):
    data = workbook([cells + [""] * (10 - len(cells)), row(9)], at)
    address = upload(officer, data)
    page = officer.get(address).content.decode()
    assert said in page
    assert "第 2 行" in page
    confirm(officer, address)
    assert enterprises().filter(credit_code=code(9)).exists()
    assert enterprises().count() == 3


def test_a_code_twice_in_the_file_is_said(cast, officer, at):
    page = officer.get(upload(officer, workbook([row(1), row(2), row(1)], at))).content.decode()
    assert "与第 2 行的统一社会信用代码重复" in page


def test_an_organisation_that_is_no_enterprise_and_a_closed_one_are_said(cast, officer, at):
    Organisation.objects.unscoped("test").filter(pk=cast.law_firm.pk).update(credit_code=code(7))
    Organisation.objects.unscoped("test").filter(pk=cast.jia.pk).update(closed_on="2025-01-01")
    rows = [["律所", code(7)] + [""] * 8, ["甲", JIA_CODE] + [""] * 8]
    page = officer.get(upload(officer, workbook(rows, at))).content.decode()
    assert "不是企业" in page
    assert "请先在名录中恢复" in page


def test_the_returned_copy_shows_the_errors_and_fits_again(cast, officer, at):
    address = upload(officer, workbook([row(1), ["丙", "123"] + [""] * 8], at))
    copy = officer.get(f"{address}errors/")
    assert "%E9%94%99%E8%AF%AF" in copy.headers["Content-Disposition"]
    table = read_tables(copy.content, name="x.xlsx")[0]
    assert table.rows[0].cells[-1] == "错误说明"
    assert "统一社会信用代码应为 18 位" in table.rows[2].cells[-1]
    assert table.rows[1].cells[-1] == ""
    again = officer.get(upload(officer, copy.content))
    assert (again.context["changes"], again.context["rejected"]) == (1, 1)


def test_the_template_is_taken_as_it_is(cast, officer, at):
    answer = officer.get("/directory/enterprises/import/template/")
    tables = read_tables(answer.content, name="x.xlsx")
    assert tables[0].rows[0].cells == TITLES
    assert tables[1].name == "填写说明"
    page = officer.get(upload(officer, answer.content))
    assert len(page.context["plan"].rows) == 0  # the sample row is not imported


def test_csv_in_gb18030_and_other_titles(cast, officer, at):
    titles = ["序号", "单位名称", "信用代码", "所属区", "备注"]
    text = write_csv([Column(t) for t in titles], [["1", "丙(沪)公司", code(5), "990101", "随便"]])
    data = text.decode("utf-8-sig").encode("gb18030")
    confirm(officer, upload(officer, data, "名单.csv"))
    assert enterprises().get(credit_code=code(5)).name == "丙（沪）公司"


def test_an_ambiguous_place_is_said(cast, login, at):
    founder = system_actor("测试")
    add_jurisdiction(actor=founder, at=at, name="一所", level=Level.STATION, parent=cast.east)
    add_jurisdiction(actor=founder, at=at, name="一所", level=Level.STATION, parent=cast.west)
    client = login("city_officer")
    page = client.get(upload(client, workbook([row(1, "一所"), row(2, "西区一所")], at)))
    assert "本辖区内有 2 个“一所”" in page.content.decode()
    assert page.context["changes"] == 1


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"", "x.xlsx", "文件是空的"),
        (b"PK\x03\x04oops", "x.xlsx", "损坏"),
        ("企业,代码\n甲,1\n".encode(), "x.csv", "没有找到表头"),
        (b"%PDF-1.7", "x.xlsx", ""),
    ],
)
def test_it_rejects_a_file(cast, officer, data, name, said):
    answer = officer.post("/directory/enterprises/import/", {"file": SimpleUploadedFile(name, data)})
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert answer.context["form"].errors
    assert not EnterpriseImport.objects.unscoped("test").exists()


def test_a_changed_directory_asks_to_look_again(cast, officer, at):
    rows = [["甲精密机械有限公司", JIA_CODE, "", "35"] + [""] * 6]
    address = upload(officer, workbook(rows, at))
    fingerprint = officer.get(address).context["plan"].fingerprint
    change_organisation(
        organisation=cast.jia, actor=cast.actor("district_officer"), at=at, version=1, fields={"sector": "36"}
    )
    said = officer.post(address, {"fingerprint": fingerprint}, follow=True).content.decode()
    assert "名录又有变动" in said
    cast.jia.refresh_from_db()
    assert cast.jia.sector == "36"


def test_it_is_discarded(cast, officer, at):
    address = upload(officer, workbook([row(1)], at))
    assert "名录没有改变" in officer.post(address, {"act": "discard"}, follow=True).content.decode()
    assert officer.get(address).status_code == 404


def test_outsider_gets_404(cast, officer, login, at):
    address = upload(officer, workbook([row(1)], at))
    assert login("district_officer_2").get(address).status_code == 200  # a colleague
    other = login("other_district_officer")
    assert other.get(address).status_code == 404
    assert other.get(f"{address}errors/").status_code == 404
    assert other.post(address, {"fingerprint": "x"}).status_code == 404


def test_other_role_gets_403(login):
    for who in ("city_leader", "enterprise_admin", "system_admin"):
        assert login(who).get("/directory/enterprises/import/").status_code == 403


def test_late_previews_are_dropped(cast, officer, at):
    address = upload(officer, workbook([row(1)], at))
    pending = EnterpriseImport.objects.unscoped("test").get()
    actor = cast.actor("district_officer")
    with pytest.raises(imports.ImportProblem, match="24 小时"):
        imports.confirm(pending=pending, fingerprint="", actor=actor, at=pending.expires_at)
    assert imports.drop_expired(at=pending.expires_at - timedelta(seconds=1)) == 0
    assert imports.drop_expired(at=pending.expires_at) == 1
    assert officer.get(address).status_code == 404


def test_no_query_per_row(cast, at, django_assert_max_num_queries):
    actor = cast.actor("district_officer")
    first = imports.read_source(workbook([row(n) for n in range(600)], at), name="x.xlsx")
    imports.enter(source=first, actor=actor, at=at)
    second = [row(n, "", "35") for n in range(1200)]
    source = imports.read_source(workbook(second, at), name="x.xlsx")
    with django_assert_max_num_queries(90):
        done = imports.enter(source=source, actor=actor, at=at)
    assert (done.new, done.changed) == (600, 600)
    assert enterprises().filter(sector="35").count() == 1200
