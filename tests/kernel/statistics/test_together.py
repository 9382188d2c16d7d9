"""Two people at once, and a process that dies in the middle of freezing."""

import pytest

from midun.kernel.orgs.services import Stale
from midun.kernel.statistics.cells import fill
from midun.kernel.statistics.models import CellAdjustment, FormSnapshot
from midun.kernel.statistics.services import filling, steps
from midun.kernel.statistics.services.held import NotEditable
from midun.kernel.statistics.verify import faults
from midun.kernel.trail.models import Entry
from midun.kernel.trail.services import verify
from midun.kernel.workflow.services import WrongState
from tests.campaigns.test_together import together
from tests.kernel.statistics.factories import accepted, fresh, frozen, hand_in, handout, tree_of
from tests.processes import ended, python


@pytest.fixture
def tree(transactional_db, cast):
    return tree_of(cast)


def consistent():
    return list(verify()) == [] and list(faults()) == []


@pytest.mark.django_db(transaction=True)
def test_two_who_submit_at_once_submit_once(cast, tree, at):
    east = tree[1][1]
    found = together(
        *(
            lambda who=who: steps.submit(fresh(east), version=1, actor=cast.actor(who), at=at)
            for who in ("district_officer", "district_officer_2")
        )
    )
    assert sorted(type(f).__name__ for f in found) == ["FormSnapshot", "WrongState"], found
    assert FormSnapshot.objects.unscoped("test").count() == 1
    assert Entry.objects.about(east).filter(verb="submitted").count() == 1
    assert consistent()


@pytest.mark.django_db(transaction=True)
def test_returning_and_accepting_at_once_one_wins_the_other_is_told(cast, tree, at):
    now = hand_in(cast, tree[1][1], at)
    one, other = together(
        lambda: steps.accept(now, version=now.version, actor=cast.actor("city_officer"), at=at),
        lambda: steps.return_(now, version=now.version, reason="补登", actor=cast.actor("city_leader"), at=at),
    )
    told = [f for f in (one, other) if isinstance(f, WrongState)]
    assert len(told) == 1, (one, other)
    assert "已于" in str(told[0])
    assert fresh(now).state == ("returned" if isinstance(one, WrongState) else "accepted")
    assert consistent()


@pytest.mark.django_db(transaction=True)
def test_two_who_adjust_the_same_form_at_once(cast, tree, at):
    east = tree[1][1]
    found = together(
        *(
            lambda who=who, value=value: filling.adjust(
                east, version=1, figure="visits", value=value, reason=who, actor=cast.actor(who), at=at
            )
            for who, value in (("district_officer", 3), ("district_officer_2", 5))
        )
    )
    assert sorted(type(f).__name__ for f in found) == ["NoneType", "Stale"], found
    kept = CellAdjustment.objects.unscoped("test").get()
    assert fill(fresh(east)).cell("visits").reported == kept.value
    assert consistent()


@pytest.mark.django_db(transaction=True)
def test_adjusting_what_is_being_submitted_is_told(cast, tree, at):
    east = tree[1][1]
    submitted, changed = together(
        lambda: steps.submit(fresh(east), version=1, actor=cast.actor("district_officer"), at=at),
        lambda: filling.adjust(
            east, version=1, figure="visits", value=5, reason="漏登", actor=cast.actor("district_officer_2"), at=at
        ),
    )
    now = fill(fresh(east))
    if isinstance(submitted, FormSnapshot):
        assert isinstance(changed, NotEditable | Stale), changed
        assert now.cell("visits").reported == 0
    else:
        assert isinstance(submitted, Stale), submitted
        assert (changed, now.cell("visits").reported) == (None, 5)
    assert consistent()


@pytest.mark.django_db(transaction=True)
def test_a_snapshot_counts_either_all_of_an_act_or_nothing(cast, tree, at):
    """A record entered while the form is submitted is in the snapshot or a late difference, never half."""
    east = tree[1][1]
    together(
        lambda: steps.submit(fresh(east), version=1, actor=cast.actor("district_officer"), at=at),
        lambda: handout(cast.east_bureau, at, count=5),
    )
    cell = fill(fresh(east)).cell("questionnaires")
    assert (cell.reported, cell.late) in {(5, 0), (0, 5)}


DYING = """
from django.utils import timezone
from midun.kernel.orgs.models import Membership
from midun.kernel.statistics.models import CountedRecords, StatForm
from midun.kernel.statistics.services import steps
CountedRecords.objects.bulk_create = die
form = StatForm.objects.unscoped("x").get(pk=sys.argv[1])
actor = Membership.objects.unscoped("x").get(pk=sys.argv[2]).actor()
steps.freeze(form, version=form.version, reason="", actor=actor, at=timezone.now())
"""


@pytest.mark.django_db(transaction=True)
def test_a_process_killed_in_the_middle_of_a_freeze_leaves_nothing(cast, tree, at):
    """It dies when state, trail and snapshot are written and the list of records is about to be."""
    summary, below = tree
    for form in below:
        accepted(cast, form, at)
    entries = Entry.objects.count()
    code, said = ended(python(DYING, summary.pk, cast.city_officer.pk))
    assert code == -9, said
    now = fresh(summary)
    assert (now.state, now.digest, now.snapshots.count()) == ("draft", "", 0)
    assert Entry.objects.count() == entries
    assert consistent()
    assert frozen(cast, summary, at).state == "frozen"
    assert consistent()
