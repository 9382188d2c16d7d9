"""The tree of units in the browser: looking, finding, adding, changing, closing."""

import pytest

from midun.kernel.orgs.actor import system_actor
from midun.kernel.orgs.enums import Level
from midun.kernel.orgs.models import Jurisdiction, Organisation
from midun.kernel.orgs.services import add_jurisdiction, change_jurisdiction
from midun.kernel.orgs.services.divisions import load_divisions

pytestmark = pytest.mark.django_db


def node(**by):
    return Jurisdiction.objects.unscoped("test").get(**by)


def test_it_works(cast, login):
    page = login("system_admin").get("/directory/units/").content.decode()
    for name in ("沪市", "东区", "西区", "沪市执法总队", "沪市市场监管局"):
        assert name in page
    assert "没有独立代码" in login("system_admin").get(f"/directory/units/?node={cast.corps_node.pk}").content.decode()


def test_the_tree_opens_along_the_line(cast, login):
    page = login("system_admin").get(f"/directory/units/?node={cast.station_node.pk}").content.decode()
    assert page.count("tree-node") == 5  # 沪市, 东区, 西区, 执法总队, 服务站
    assert "张江商业秘密保护服务站" in page


def test_officers_look_and_do_not_touch(cast, login):
    page = login("district_officer").get("/directory/units/").content.decode()
    assert "东区市场监管局" in page
    assert "新增下级" not in page
    for address in ("new", "edit", "close", "divisions", "organisations/new"):
        assert login("district_officer").get(f"/directory/units/{cast.east.pk}/{address}/").status_code == 403


def test_outsider_gets_404(cast, login):
    assert login("system_admin").get(f"/directory/units/?node={cast.province.pk}").status_code == 404
    assert login("district_officer").get(f"/directory/units/?node={cast.west.pk}").status_code == 404
    for address in ("new", "edit", "close", "divisions"):
        assert login("system_admin").get(f"/directory/units/{cast.province.pk}/{address}/").status_code == 404


@pytest.mark.parametrize(
    ("words", "found"), [("张江", "张江商业秘密保护服务站"), ("990102", "西区"), ("执法", "沪市市场监管局执法总队")]
)
def test_it_finds_by_name_and_code(cast, login, words, found):
    assert found in login("system_admin").get("/directory/units/", {"q": words}).content.decode()


def test_it_finds_nothing_outside(cast, login):
    page = login("district_officer").get("/directory/units/", {"q": "西区"}).content.decode()
    assert "没有找到" in page


def test_a_node_without_a_code_is_added(cast, login):
    client = login("system_admin")
    answer = client.post(
        f"/directory/units/{cast.city.pk}/new/",
        {"name": "临港 新片区", "level": 4, "division_code": "", "order": 17},
    )
    made = node(name="临港新片区")
    assert answer.headers["Location"] == f"/directory/units/?node={made.pk}"
    assert (made.path, made.order) == (f"{cast.city.path}{made.pk}.", 17)


def test_a_code_must_be_in_force(cast, login, at):
    load_divisions(actor=system_actor(), at=at)
    client, address = login("system_admin"), f"/directory/units/{cast.city.pk}/new/"
    fields = {"name": "闸北区", "level": 4, "order": 0}
    said = client.post(address, {**fields, "division_code": "310108"}).content.decode()
    assert "310108 闸北区 已停用，由 310106 承接" in said
    assert "没有这个代码" in client.post(address, {**fields, "division_code": "123456"}).content.decode()
    client.post(address, {**fields, "name": "静安区", "division_code": "310106"})
    assert node(name="静安区").division_code == "310106"


def test_it_is_changed_and_of_two_editors_one_is_told(cast, login):
    client, address = login("system_admin"), f"/directory/units/{cast.east.pk}/edit/"
    fields = {"name": "东新区", "level": 4, "parent": cast.city.pk, "division_code": "990101", "order": 0, "version": 1}
    assert client.post(address, fields).status_code == 302
    assert node(pk=cast.east.pk).name == "东新区"
    said = client.post(address, {**fields, "name": "东旧区"}).content.decode()
    assert "刚被他人修改" in said


def test_it_is_moved(cast, login):
    client, address = login("system_admin"), f"/directory/units/{cast.station_node.pk}/edit/"
    fields = {"name": "西区服务站", "level": 5, "parent": cast.west.pk, "division_code": "", "order": 0, "version": 1}
    assert client.post(address, fields).status_code == 302
    assert node(pk=cast.station_node.pk).path.startswith(cast.west.path)


def test_it_rejects_a_place_outside(cast, login):
    client, address = login("system_admin"), f"/directory/units/{cast.east.pk}/edit/"
    fields = {
        "name": "东区",
        "level": 4,
        "parent": cast.province.pk,
        "division_code": "990101",
        "order": 0,
        "version": 1,
    }
    assert client.post(address, fields).status_code == 200
    assert node(pk=cast.east.pk).parent_id == cast.city.pk


def test_divisions_are_added_from_the_table(cast, login, at):
    founder = system_actor("测试")
    load_divisions(actor=founder, at=at)
    change_jurisdiction(
        node=cast.city,
        version=1,
        name="沪市",
        level=Level.CITY,
        parent=cast.province,
        division_code="330100",
        order=0,
        actor=founder,
        at=at,
    )
    client, address = login("system_admin"), f"/directory/units/{cast.city.pk}/divisions/"
    page = client.get(address).content.decode()
    assert "临平区" in page
    assert "余杭区" in page
    assert "下城区" not in page  # no longer in force
    answer = client.post(address, {"codes": ["330113", "330106"], "with_bureau": "on"})
    assert answer.status_code == 302
    assert node(division_code="330113").name == "临平区"
    assert Organisation.objects.unscoped("test").filter(name="沪市临平区市场监督管理局").exists()
    assert "临平区" not in client.get(address).content.decode()
    assert "请至少选择一个" in client.post(address, {"with_bureau": "on"}).content.decode()


def test_an_outdated_code_is_said(cast, login, at):
    load_divisions(actor=system_actor(), at=at)
    add_jurisdiction(
        actor=system_actor(), at=at, name="闸北区", level=Level.COUNTY, parent=cast.city, division_code="310108"
    )
    page = login("system_admin").get("/directory/units/").content.decode()
    assert "闸北区（310108）" in page


def test_it_is_closed_and_opened_again(cast, login):
    client, address = login("system_admin"), f"/directory/units/{cast.station_node.pk}/close/"
    said = client.post(address, {"day": "2025-06-30", "reason": "撤站"}).content.decode()
    assert "请先撤销或移走" in said
    client.post(f"/directory/organisations/{cast.station.pk}/close/", {"day": "2025-06-30", "reason": "撤站"})
    assert client.post(address, {"day": "2025-06-30", "reason": "撤站"}).status_code == 302
    shown, page = f"?node={cast.station_node.pk}", f"/directory/units/?node={cast.east.pk}"
    assert shown not in client.get(page).content.decode()
    assert shown in client.get(f"{page}&closed=on").content.decode()
    assert client.post(address, {"reason": "恢复"}).status_code == 302
    assert node(pk=cast.station_node.pk).closed_on is None


def test_the_tree_needs_few_queries(cast, login, django_assert_max_num_queries, at):
    for number in range(30):
        add_jurisdiction(
            actor=system_actor(), at=at, name=f"第{number}区", level=Level.COUNTY, parent=cast.city, order=number
        )
    client = login("system_admin")
    client.get("/directory/units/")
    with django_assert_max_num_queries(30):
        client.get("/directory/units/")
