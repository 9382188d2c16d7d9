"""Random trees: what lies below is what the path says, whatever was moved."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from midun.kernel.orgs.actor import Actor, system_actor
from midun.kernel.orgs.enums import Level, OrganisationKind, Role
from midun.kernel.orgs.models import Jurisdiction, Organisation
from midun.kernel.orgs.services import Refused, TreeProblem, add_jurisdiction, add_organisation, change_jurisdiction

pytestmark = pytest.mark.django_db(transaction=False)
FOUNDER = system_actor("测试")


def ancestors(node, parents):
    while node is not None:
        yield node
        node = parents[node]


@pytest.fixture
def plant(db, at):
    """`plant(shape)` makes a tree: each number is the index of the parent among the nodes made before."""

    def make(shape):
        made = [add_jurisdiction(actor=FOUNDER, at=at, name="根", level=Level.NATION, parent=None)]
        for number, choice in enumerate(shape, start=1):
            able = [node for node in made if node.level < Level.STATION]
            parent = able[choice % len(able)]
            level = Level(parent.level + 1)
            node = add_jurisdiction(actor=FOUNDER, at=at, name=f"第{number}", level=level, parent=parent)
            made.append(node)
        for node in made:
            add_organisation(
                actor=FOUNDER, at=at, name=f"{node.name}局", kind=OrganisationKind.BUREAU, jurisdiction=node
            )
        return made

    return make


def check(nodes):
    """`visible_to` is the subtree and the line above, and paths are the ids from the root."""
    fresh = {n.pk: n for n in Jurisdiction.objects.unscoped("test").filter(pk__in=[n.pk for n in nodes])}
    parents = {pk: node.parent_id for pk, node in fresh.items()}
    for pk, node in fresh.items():
        line = list(ancestors(pk, parents))
        assert node.path == "".join(f"{step}." for step in reversed(line))
        actor = Actor(user_id=1, membership_id=1, role=Role.OFFICER, path=node.path, level=node.level)
        below = {other for other in fresh if pk in ancestors(other, parents)}
        seen = Organisation.objects.visible_to(actor).values_list("jurisdiction_id", flat=True)
        assert set(seen) == below | set(line)
        under = Jurisdiction.objects.unscoped("test").under(node.path).values_list("pk", flat=True)
        assert set(under) == below
        above = Jurisdiction.objects.unscoped("test").ancestors_of(node.path).values_list("pk", flat=True)
        assert list(above) == list(reversed(line[1:]))
        assert all(actor.covers(fresh[other].path) == (other in below) for other in fresh)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.integers(0, 50), max_size=9), st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=6)
)
def test_the_subtree_is_the_path_after_any_moves(plant, at, shape, moves):
    from django.db import transaction

    with transaction.atomic():
        nodes = plant(shape)
        check(nodes)
        for which, where in moves:
            node = Jurisdiction.objects.unscoped("test").get(pk=nodes[which % len(nodes)].pk)
            target = Jurisdiction.objects.unscoped("test").get(pk=nodes[where % len(nodes)].pk)
            try:
                change_jurisdiction(
                    node=node,
                    version=node.version,
                    name=node.name,
                    level=Level(node.level),
                    parent=target,
                    division_code="",
                    order=0,
                    actor=FOUNDER,
                    at=at,
                )
            except (TreeProblem, Refused):
                assert target.path.startswith(node.path) or target.level >= node.level
        check(nodes)
        transaction.set_rollback(True)
