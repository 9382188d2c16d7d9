"""Two people at once: one wins, the other is told, nothing is done twice or lost."""

import pytest
from django.db import transaction

from midun.directory.services import enterprise_import as imports
from midun.kernel.orgs.actor import system_actor
from midun.kernel.orgs.enums import Level
from midun.kernel.orgs.models import Jurisdiction, Organisation
from midun.kernel.orgs.services import (
    Stale,
    TreeProblem,
    add_jurisdiction,
    change_jurisdiction,
    change_organisation,
)
from midun.kernel.trail.models import Entry
from midun.kernel.trail.services import record, verify
from midun.kernel.trail.verbs import Verb
from tests.directory.test_enterprise_import import row, workbook
from tests.threads import split, together

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_editors_of_an_enterprise(cast, at):
    found = together(
        *(
            lambda who=who, park=park: change_organisation(
                organisation=Organisation.objects.unscoped("test").get(pk=cast.jia.pk),
                actor=cast.actor(who),
                at=at,
                version=1,
                fields={"park": park},
            )
            for who, park in (("district_officer", "甲园"), ("district_officer_2", "乙园"))
        )
    )
    won, told = split(found, Stale)
    assert (len(won), len(told)) == (1, 1)
    cast.jia.refresh_from_db()
    assert (cast.jia.park, cast.jia.version) == (won[0].park, 2)


def test_an_import_is_entered_once(cast, at):
    actor = cast.actor("district_officer")
    source = imports.read_source(workbook([row(n) for n in range(40)], at), name="x.xlsx")
    pending = imports.open_import(source=source, actor=actor, at=at)
    fingerprint = imports.plan(source, actor).fingerprint
    found = together(
        *(lambda: imports.confirm(pending=pending, fingerprint=fingerprint, actor=actor, at=at) for _ in range(2))
    )
    assert [outcome.new for outcome in found] == [40, 40], found  # the second is told what the first did
    assert Organisation.objects.unscoped("test").enterprises().count() == 42
    assert Entry.objects.filter(verb="imported", target_label="企业名录").count() == 1
    assert list(verify()) == []


def test_the_same_table_from_two_districts(cast, at):
    tables = {who: workbook([row(n) for n in range(40)], at) for who in ("district_officer", "other_district_officer")}

    def enter(who):
        actor = cast.actor(who)
        source = imports.read_source(tables[who], name="x.xlsx")
        return imports.enter(source=source, actor=actor, at=at)

    found = together(*(lambda who=who: enter(who) for who in tables))
    won, _ = split(found, imports.ImportProblem)
    assert sum(outcome.new for outcome in won) == 40
    assert Organisation.objects.unscoped("test").enterprises().count() == 42
    assert list(verify()) == []


def test_a_node_is_added_while_the_tree_moves(cast, at):
    founder = system_actor("测试")
    port = add_jurisdiction(actor=founder, at=at, name="港市", level=Level.CITY, parent=cast.province)

    def move():
        return change_jurisdiction(
            node=cast.east,
            version=1,
            name="东区",
            level=Level.COUNTY,
            parent=port,
            division_code="990101",
            order=0,
            actor=founder,
            at=at,
        )

    def add():
        return add_jurisdiction(actor=founder, at=at, name="新所", level=Level.STATION, parent=cast.east)

    split(together(move, add), TreeProblem)
    made = Jurisdiction.objects.unscoped("test").select_related("parent").get(name="新所")
    assert made.path == f"{made.parent.path}{made.pk}."
    assert made.parent.path.startswith(port.path)


def test_entries_written_at_once_are_one_chain(cast, at):
    def write():
        for _ in range(10):
            with transaction.atomic():
                record(actor=system_actor("测试"), verb=Verb.CREATED, target=None, at=at)

    before = Entry.objects.count()
    assert together(write, write, write) == [None, None, None]
    assert Entry.objects.count() == before + 30
    assert list(verify()) == []
