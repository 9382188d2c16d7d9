"""The tree of authority as pages show it: in order, indented, opened along one line."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.models import Jurisdiction


@dataclass
class Branch:
    """A node as the tree shows it. `opened` branches show their `below`; `leaf` has nothing below at all."""

    node: Jurisdiction
    opened: bool = False
    selected: bool = False
    leaf: bool = True
    below: list["Branch"] = field(default_factory=list)


def in_order(nodes: Iterable[Jurisdiction]) -> Iterator[tuple[int, Jurisdiction]]:
    """Each node with its depth, parents before children, siblings by their order; any set closed upwards will do."""
    known = list(nodes)
    present = {node.pk for node in known}
    below: dict[int | None, list[Jurisdiction]] = {}
    for node in sorted(known, key=place):
        parent = node.parent_id if node.parent_id in present else None
        below.setdefault(parent, []).append(node)
    waiting = [(0, node) for node in reversed(below.get(None, []))]
    while waiting:
        depth, node = waiting.pop()
        yield depth, node
        waiting.extend((depth + 1, child) for child in reversed(below.get(node.pk, [])))


def place(node: Jurisdiction) -> tuple[int, str, int]:
    """By what siblings are sorted: as arranged, then by code, those without one last."""
    return (node.order, node.division_code or "999999", node.pk)


def choices(actor: Actor, *, but: Jurisdiction | None = None) -> list[tuple[int, str]]:
    """The open nodes of the actor's subtree for a select, indented; without `but` and what lies below it."""
    nodes = Jurisdiction.objects.visible_to(actor).open().under(actor.path)
    if but is not None:
        nodes = nodes.exclude(path__startswith=but.path)
    return [(node.pk, "　" * depth + node.name) for depth, node in in_order(nodes)]


def opened_at(selected: Jurisdiction, actor: Actor, *, closed: bool) -> Branch:
    """The tree from the actor's own node, opened along the line to `selected`."""
    known = Jurisdiction.objects.visible_to(actor).under(actor.path)
    if not closed:
        known = known.open()
    line = set(selected.path.rstrip(".").split("."))
    root: Jurisdiction = Jurisdiction.objects.visible_to(actor).get(path=actor.path)
    shown = known.filter(parent_id__in=[int(step) for step in line])
    nodes = {root.pk: root, **{node.pk: node for node in shown}, selected.pk: selected}
    parents = set(known.filter(parent_id__in=nodes).values_list("parent_id", flat=True))
    branches: dict[int, Branch] = {}
    for _, node in in_order(nodes.values()):
        branch = Branch(node, str(node.pk) in line, node.pk == selected.pk, leaf=node.pk not in parents)
        branches[node.pk] = branch
        if node.pk != root.pk and node.parent_id in branches:
            branches[node.parent_id].below.append(branch)
    return branches[root.pk]


def line_to(node: Jurisdiction, actor: Actor) -> list[Jurisdiction]:
    """The nodes from the actor's own down to above `node`, for the crumbs."""
    above = Jurisdiction.objects.visible_to(actor).ancestors_of(node.path)
    return [step for step in above if actor.covers(step.path)]
