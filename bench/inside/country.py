"""The tree of authority of a whole country, and the accounts that stand in the stamps of its records."""

from datetime import UTC, datetime

from bench.inside.bulk import settle
from midun.kernel.orgs.enums import Level, OrganisationKind
from midun.kernel.orgs.models import Jurisdiction, Organisation, User

AT = datetime(2025, 6, 30, 2, 0, tzinfo=UTC)
"""When everything was written down."""


def plot_tree(units: int) -> None:
    """One nation, its provinces, cities and counties in the proportions of the real tree, a bureau at each node."""
    provinces = max(1, units * 31 // 3000)
    cities = max(provinces, units * 340 // 3000)
    counties = units - 1 - provinces - cities
    nodes: list[Jurisdiction] = []

    def add(name: str, level: Level, above: Jurisdiction | None) -> None:
        pk = len(nodes) + 1
        path = f"{above.path if above else ''}{pk}."
        nodes.append(Jurisdiction(pk=pk, name=name, level=level, parent=above, path=path))

    add("国家", Level.NATION, None)
    for n in range(provinces):
        add(f"第{n + 1}省", Level.PROVINCE, nodes[0])
    for n in range(cities):
        add(f"第{n + 1}市", Level.CITY, nodes[1 + n * provinces // cities])
    for n in range(counties):
        add(f"第{n + 1}区", Level.COUNTY, nodes[1 + provinces + n * cities // counties])
    Jurisdiction.objects.bulk_create(nodes)
    Organisation.objects.bulk_create(
        Organisation(pk=node.pk, kind=OrganisationKind.BUREAU, name=f"{node.name}市场监管局", jurisdiction=node)
        for node in nodes
    )
    settle((Jurisdiction, Organisation))


def person(username: str) -> User:
    """An account for the stamps of records."""
    found: User = User.objects.get_or_create(username=username, defaults={"name": username})[0]
    return found
