"""Workflows are checked at import; a step locks, guards, stamps and is in the trail."""

import pytest
from django.db.models import TextChoices

from midun.claims.models import Claim, ClaimState
from midun.claims.services import register
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.services import Refused
from midun.kernel.trail.models import Entry
from midun.kernel.trail.verbs import Verb
from midun.kernel.workflow.definition import BadWorkflow, Step, Workflow
from midun.kernel.workflow.services import ReasonMissing, WrongState, perform


class Light(TextChoices):
    RED = "red", "红"
    GREEN = "green", "绿"


def step(name, sources, target, **more):
    return Step(name, name, sources, target, Permission.HANDLE_CLAIM, Verb.STARTED, **more)


def test_an_unreachable_state_is_refused():
    with pytest.raises(BadWorkflow, match="unreachable"):
        Workflow("x", Light, Light.RED, (step("stay", (Light.RED,), Light.RED),))


def test_a_repeated_name_is_refused():
    go = step("go", (Light.RED,), Light.GREEN)
    with pytest.raises(BadWorkflow, match="repeat"):
        Workflow("x", Light, Light.RED, (go, go))


def test_steps_by_name():
    flow = Workflow("x", Light, Light.RED, (step("go", (Light.RED,), Light.GREEN),))
    assert flow.go.target == Light.GREEN
    assert flow.open_steps("red", {Permission.HANDLE_CLAIM}) == [flow.go]
    assert flow.open_steps("red", set()) == []
    with pytest.raises(AttributeError):
        _ = flow.stop


@pytest.fixture
def claim(cast, at):
    return register(
        unit=cast.east_bureau,
        enterprise=cast.jia,
        source="phone",
        topic="other",
        title="求助",
        actor=cast.actor("district_officer"),
        at=at,
    )


ACCEPT = step("accept", (ClaimState.REGISTERED,), ClaimState.ACCEPTED, stamp="accepted_at")
REFUSE = step("refuse", (ClaimState.REGISTERED,), ClaimState.REFUSED, stamp="closed_at", needs_reason=True)


def test_it_works(claim, cast, at):
    perform(claim, ACCEPT, actor=cast.actor("district_officer"), at=at)
    found = Claim.objects.unscoped("test").get(pk=claim.pk)
    assert (found.state, found.accepted_at) == ("accepted", at)
    entry = Entry.objects.about(claim).last()
    assert (entry.before, entry.after) == ('{"state":"registered"}', f'{{"accepted_at":"{at}","state":"accepted"}}')


def test_the_second_of_two_is_told_who_was_faster(claim, cast, at):
    late = Claim.objects.unscoped("test").get(pk=claim.pk)
    perform(claim, ACCEPT, actor=cast.actor("district_officer"), at=at)
    with pytest.raises(WrongState, match=r"东区市场监管局district_officer已于06月10日 10:00.*已受理"):
        perform(late, REFUSE, actor=cast.actor("district_officer_2"), at=at, reason="重复")


def test_it_rejects_a_missing_reason(claim, cast, at):
    with pytest.raises(ReasonMissing):
        perform(claim, REFUSE, actor=cast.actor("district_officer"), at=at, reason="  ")


def test_other_role_is_refused(claim, cast, at):
    with pytest.raises(Refused):
        perform(claim, ACCEPT, actor=cast.actor("liaison_officer"), at=at)
