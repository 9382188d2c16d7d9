"""Organisations: who may add and change which, what contradicts the directory, closing."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from midun.kernel.orgs.enums import OrganisationKind
from midun.kernel.orgs.models import Membership, Organisation
from midun.kernel.orgs.services import (
    OrganisationProblem,
    Refused,
    Stale,
    add_organisation,
    change_organisation,
    close_organisation,
    reopen_organisation,
)
from midun.kernel.trail.models import Entry
from tests.conftest import JIA_CODE

pytestmark = pytest.mark.django_db
FREE_CODE = "91310000MA1K35XY52"


@pytest.mark.parametrize("kind", [k for k in OrganisationKind if k not in ("enterprise", "bureau")])
def test_every_kind_is_the_system_administrators(cast, at, kind):
    fields = {"name": f"某{kind.label}", "kind": kind, "jurisdiction": cast.east, "at": at}
    made = add_organisation(actor=cast.actor("system_admin"), **fields)
    assert made.get_kind_display() == kind.label
    with pytest.raises(Refused):
        add_organisation(actor=cast.actor("district_officer"), **fields)


def test_enterprises_are_the_officers(cast, at):
    fields = {"name": "丙", "kind": "enterprise", "jurisdiction": cast.east, "credit_code": None, "at": at}
    with pytest.raises(Refused):
        add_organisation(actor=cast.actor("system_admin"), **fields)
    with pytest.raises(OrganisationProblem, match="必须有统一社会信用代码"):
        add_organisation(actor=cast.actor("district_officer"), **fields)


def test_outside_the_own_subtree_is_refused(cast, at):
    with pytest.raises(Refused):
        add_organisation(
            actor=cast.actor("district_officer"),
            at=at,
            name="丙",
            kind="enterprise",
            jurisdiction=cast.west,
            credit_code=JIA_CODE,
        )
    with pytest.raises(Refused):
        change_organisation(
            organisation=cast.yi, actor=cast.actor("district_officer"), at=at, version=1, fields={"name": "x"}
        )
    with pytest.raises(Refused):
        change_organisation(
            organisation=cast.jia,
            actor=cast.actor("district_officer"),
            at=at,
            version=1,
            fields={"jurisdiction": cast.west},
        )


def test_it_rejects_a_code_that_is_known(cast, at):
    with pytest.raises(OrganisationProblem, match="已在名录中"):
        add_organisation(
            actor=cast.actor("district_officer"),
            at=at,
            name="丙",
            kind="enterprise",
            jurisdiction=cast.east,
            credit_code=JIA_CODE,
        )


def test_it_rejects_a_second_bureau(cast, at):
    with pytest.raises(OrganisationProblem, match="只能有一个"):
        add_organisation(actor=cast.actor("system_admin"), at=at, name="又一局", kind="bureau", jurisdiction=cast.east)
    with pytest.raises(IntegrityError), transaction.atomic():
        Organisation.objects.create(name="又一局", kind="bureau", jurisdiction=cast.east)


def test_it_changes_and_says_what(cast, at):
    officer = cast.actor("district_officer")
    change_organisation(organisation=cast.jia, actor=officer, at=at, version=1, fields={"park": "张江科学城"})
    entry = Entry.objects.about(cast.jia).last()
    assert (entry.before, entry.after) == ('{"park":""}', '{"park":"张江科学城"}')
    with pytest.raises(Stale):
        change_organisation(organisation=cast.jia, actor=officer, at=at, version=1, fields={"park": "x"})


def test_closing_ends_the_access_of_its_people_at_once(cast, at):
    admin, day = cast.actor("system_admin"), date(2025, 6, 30)
    current = Membership.objects.unscoped("test").current().filter(organisation=cast.station)
    assert current.exists()
    close_organisation(organisation=cast.station, day=day, reason="撤站", actor=admin, at=at)
    assert not current.exists()
    with pytest.raises(OrganisationProblem, match="已经撤销"):
        close_organisation(organisation=cast.station, day=day, reason="撤站", actor=admin, at=at)
    reopen_organisation(organisation=cast.station, reason="恢复", actor=admin, at=at)
    assert current.exists()
    assert [e.verb for e in Entry.objects.about(cast.station)][-2:] == ["closed_down", "restored"]


def test_closing_an_enterprise_is_the_officers(cast, at):
    with pytest.raises(Refused):
        close_organisation(organisation=cast.jia, day=at.date(), reason="注销", actor=cast.actor("system_admin"), at=at)
    with pytest.raises(Refused):
        close_organisation(
            organisation=cast.jia, day=at.date(), reason="注销", actor=cast.actor("other_district_officer"), at=at
        )
    with pytest.raises(OrganisationProblem, match="理由"):
        close_organisation(organisation=cast.jia, day=at.date(), reason="", actor=cast.actor("district_officer"), at=at)
    close_organisation(organisation=cast.jia, day=at.date(), reason="注销", actor=cast.actor("district_officer"), at=at)
