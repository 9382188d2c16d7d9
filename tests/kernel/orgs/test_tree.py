"""The tree of authority: adding, changing, moving, closing."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from midun.kernel.orgs.actor import system_actor
from midun.kernel.orgs.enums import Level, OrganisationKind
from midun.kernel.orgs.models import Jurisdiction, Organisation
from midun.kernel.orgs.services import (
    Refused,
    Stale,
    TreeProblem,
    add_divisions,
    add_jurisdiction,
    change_jurisdiction,
    close_jurisdiction,
    close_organisation,
    reopen_jurisdiction,
)
from midun.kernel.orgs.services.divisions import load_divisions
from midun.kernel.trail.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(cast):
    return cast.actor("system_admin")


@pytest.fixture
def change(cast, admin, at):
    """`change(cast.east, name="新东区")` changes only what is named."""

    def act(node, actor=admin, version=None, **fields):
        node.refresh_from_db()
        kept = {name: getattr(node, name) for name in ("name", "level", "parent", "division_code", "order")}
        return change_jurisdiction(node=node, version=version or node.version, actor=actor, at=at, **{**kept, **fields})

    return act


def test_it_works(cast, admin, at):
    zone = add_jurisdiction(actor=admin, at=at, name="临港新片区", level=Level.COUNTY, parent=cast.city)
    office = add_jurisdiction(actor=admin, at=at, name="临港一所", level=Level.STATION, parent=zone)
    assert office.path == f"{cast.city.path}{zone.pk}.{office.pk}."
    assert office.division_code == ""


def test_it_is_in_the_trail(cast, admin, at):
    zone = add_jurisdiction(actor=admin, at=at, name="临港新片区", level=Level.COUNTY, parent=cast.city)
    entry = Entry.objects.about(zone).get()
    assert (entry.verb, entry.user_id, entry.at) == ("created", admin.user_id, at)
    assert "临港新片区" in entry.after


@pytest.mark.parametrize("who", ["city_officer", "city_leader", "security_admin", "auditor", "enterprise_admin"])
def test_other_role_is_refused(cast, at, who):
    with pytest.raises(Refused):
        add_jurisdiction(actor=cast.actor(who), at=at, name="某区", level=Level.COUNTY, parent=cast.city)


def test_outside_the_own_subtree_is_refused(cast, admin, at, change):
    with pytest.raises(Refused):
        add_jurisdiction(actor=admin, at=at, name="某市", level=Level.CITY, parent=cast.province)
    with pytest.raises(Refused):
        add_jurisdiction(actor=admin, at=at, name="另一国", level=Level.NATION, parent=None)
    with pytest.raises(Refused):
        change(cast.province, name="河省")
    with pytest.raises(Refused):
        change(cast.east, parent=cast.province)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "东区"}, "已有“东区”"),
        ({"level": Level.CITY}, "层级应低于上级"),
        ({"division_code": "990101"}, "已用于“东区”"),
    ],
)
def test_it_rejects_a_second_one_alike(cast, admin, at, fields, said):
    values = {"name": "新区", "level": Level.COUNTY, "division_code": "", **fields}
    with pytest.raises(TreeProblem, match=said):
        add_jurisdiction(actor=admin, at=at, parent=cast.city, **values)


def test_the_database_rejects_them_too(cast):
    for fields in ({"name": "东区"}, {"name": "新区", "division_code": "990101"}, {"name": "新区", "level": 7}):
        values = {"level": Level.COUNTY, "parent": cast.city, "path": "x", **fields}
        with pytest.raises(IntegrityError), transaction.atomic():
            Jurisdiction.objects.create(**values)


def test_it_changes_a_name(cast, change):
    change(cast.east, name="东新区", order=3)
    cast.east.refresh_from_db()
    assert (cast.east.name, cast.east.order, cast.east.version) == ("东新区", 3, 2)
    entry = Entry.objects.about(cast.east).last()
    assert '"name":"东区"' in entry.before
    assert '"name":"东新区"' in entry.after


def test_a_change_of_nothing_writes_nothing(cast, change):
    before = Entry.objects.count()
    change(cast.east)
    assert Entry.objects.count() == before


def test_of_two_editors_one_is_told(cast, change):
    change(cast.east, name="东新区")
    with pytest.raises(Stale):
        change(cast.east, name="东旧区", version=1)


def test_it_moves_a_subtree(cast, change):
    corps, station = cast.corps_node, cast.station_node
    change(corps, level=Level.COUNTY)
    change(cast.station_node, parent=cast.west)
    station.refresh_from_db()
    assert station.path == f"{cast.west.path}{station.pk}."
    assert Organisation.objects.visible_to(cast.actor("other_district_officer")).filter(pk=cast.station.pk).exists()
    assert not Organisation.objects.visible_to(cast.actor("district_officer")).filter(pk=cast.station.pk).exists()


def test_what_lies_below_moves_along(cast, at, change):
    founder = system_actor("测试")
    port = add_jurisdiction(actor=founder, at=at, name="港市", level=Level.CITY, parent=cast.province)
    change(cast.east, actor=founder, parent=port)
    cast.station_node.refresh_from_db()
    cast.east.refresh_from_db()
    assert cast.east.path == f"{port.path}{cast.east.pk}."
    assert cast.station_node.path == f"{cast.east.path}{cast.station_node.pk}."
    assert '"moved_below":1' in Entry.objects.about(cast.east).last().after


def test_it_rejects_a_move_below_itself(cast, at, change):
    founder = system_actor("测试")
    with pytest.raises(TreeProblem, match="下级"):
        change(cast.city, actor=founder, parent=cast.east)


def test_it_rejects_a_level_that_is_not_above_its_children(cast, change):
    with pytest.raises(TreeProblem, match="东区张江服务站"):
        change(cast.east, level=Level.STATION)


def test_it_closes_an_empty_node_only(cast, admin, at):
    day = date(2025, 6, 30)
    with pytest.raises(TreeProblem, match="东区张江服务站"):
        close_jurisdiction(node=cast.east, day=day, reason="合并", actor=admin, at=at)
    close_organisation(organisation=cast.station, day=day, reason="合并", actor=admin, at=at)
    close_jurisdiction(node=cast.station_node, day=day, reason="合并", actor=admin, at=at)
    cast.station_node.refresh_from_db()
    assert cast.station_node.closed_on == day
    assert Entry.objects.about(cast.station_node).last().verb == "closed_down"
    with pytest.raises(TreeProblem, match="已撤销"):
        add_jurisdiction(actor=admin, at=at, name="某点", level=Level.STATION, parent=cast.station_node)
    reopen_jurisdiction(node=cast.station_node, reason="恢复设置", actor=admin, at=at)
    cast.station_node.refresh_from_db()
    assert cast.station_node.closed_on is None


def test_closing_needs_a_reason(cast, admin, at):
    with pytest.raises(TreeProblem, match="理由"):
        close_jurisdiction(node=cast.station_node, day=date(2025, 6, 30), reason=" ", actor=admin, at=at)


def test_divisions_are_added_with_their_bureaus(cast, at):
    founder = system_actor("测试")
    load_divisions(actor=founder, at=at)
    shanghai = add_jurisdiction(
        actor=founder, at=at, name="上海市", level=Level.PROVINCE, parent=cast.nation, division_code="310000"
    )
    some = {"parent": shanghai, "codes": ["310115", "310151"], "actor": founder, "at": at}
    assert [node.name for node in add_divisions(**some, with_bureau=True)] == ["浦东新区", "崇明区"]
    assert add_divisions(**some, with_bureau=True) == []
    bureaus = Organisation.objects.unscoped("test").filter(jurisdiction__parent=shanghai)
    assert {b.name for b in bureaus} == {"上海市浦东新区市场监督管理局", "上海市崇明区市场监督管理局"}
    assert {b.kind for b in bureaus} == {OrganisationKind.BUREAU}


def test_it_rejects_divisions_that_are_not_in_force(cast, at):
    founder = system_actor("测试")
    load_divisions(actor=founder, at=at)
    with pytest.raises(TreeProblem, match="310108"):
        add_divisions(parent=cast.city, codes=["310115", "310108"], with_bureau=False, actor=founder, at=at)
    assert not Jurisdiction.objects.unscoped("test").filter(division_code="310115").exists()
