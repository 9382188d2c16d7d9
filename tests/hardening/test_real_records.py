"""Real records of 东区 behind every address of the access matrix: who works there gets in, everybody else finds nothing.

The matrix (tests/test_access_matrix.py) asks with numbers that do not exist, which shows rights; here the record is
there, which shows scope. A new address gets its record from the defaults below or, where they do not fit, from OWN.
"""

import pytest
from django.urls import get_resolver, reverse
from django.urls.converters import UUIDConverter

from tests.hardening import world as worlds
from tests.test_access_matrix import PUBLIC, RECORDS, names

APPS = {
    "activities": "activity",
    "visits": "visit",
    "claims": "claim",
    "campaigns": "campaign",
    "reporting": "form",
    "dashboards": "campaign",
    "directory": "enterprise",
    "deposits": "deposit",
    "matching": "comparison",
    "marking": "batch",
}
"""Whose `number` an address takes where OWN says nothing else."""

OWN = {
    "accounts:person": "person",
    "directory:entry": "entry",
    "directory:import-preview": "enterprise-import",
    "directory:import-errors": "enterprise-import",
    "accounts:invitation-revoke": "invitation",
    **{f"directory:{page}": "unit" for page in ("organisation", "organisation-edit", "organisation-close")},
    **{
        f"directory:{page}": "node" for page in ("node-new", "node-edit", "node-close", "divisions", "organisation-new")
    },
    "claims:own-claim": "own-claim",
    **{f"claims:suggestion{act}": "suggestion" for act in ("", "-edit", "-void", "-restore")},
    "deposits:token-revoke": "token",
    "deposits:quota": "served",
    **{f"deposits:project{act}": "project" for act in ("", "-edit")},
    **{f"deposits:handoff{part}": "handoff" for part in ("", "-file")},
    "matching:report": "comparison-report",
    **{f"marking:{page}": "disclosure" for page in ("disclosure", "disclosure-file", "withdraw")},
    **{f"marking:{page}": "disclosed" for page in ("disclosed", "disclosed-file")},
    **{f"matching:screening{act}": "screening" for act in ("", "-void")},
    **{
        f"matching:{page}": "sealed"
        for page in ("session", "session-file", "receive", "compare", "session-report", "close")
    },
    "deposits:received-one": "received",
    "deposits:received-file": "received",
    "campaigns:preview": "import",
    "reporting:board": "campaign",
    "reporting:comparison": "campaign",
    **{f"campaigns:line{act}": "line" for act in ("", "-edit", "-act", "-finish", "-unfinish")},
    **{name: name.split(":")[1] for name in RECORDS if name.split(":")[1] in worlds.SLUGS},
    **{
        f"publicity:{slug}-{act}": slug
        for slug in worlds.SLUGS
        for act in ("edit", "void", "restore", "file", "file-remove", "portal", "step")
        if f"publicity:{slug}-{act}" in RECORDS
    },
}
WORDS = {
    "name": "news_total",
    "kind": "xlsx",
    "part": 1,
    "act": "void",
    "side": "a",
    "form": "html",
    "step": {"claims": "accept", "publicity": "submit", "reporting": "submit", "campaigns": "launch"},
}
"""What stands for the other parts of an address."""

OF_THE_CAMPAIGN = ("campaign", "import")
"""Kinds that belong to the city and are shared with every unit that takes part."""

ADDRESSES = sorted(name for name, who in RECORDS.items() if who != PUBLIC)


def kind_of(name):
    return OWN.get(name) or APPS[name.split(":")[0]]


@pytest.fixture
def world(cast, at, monkeypatch):
    # No log is behind the deposits here, so there is nothing to prove; proofs are in the journeys.
    monkeypatch.setattr("midun.deposits.handoff_file.proofs_of", lambda _deposits, **_at: {})
    monkeypatch.setattr("midun.marking.services.disclosures.bundle_of", lambda _deposit, **_more: b"")
    return worlds.build(cast, at)


@pytest.fixture
def address(world):
    patterns = dict(names(get_resolver().url_patterns))

    def of(name):
        app, arguments = name.split(":")[0], {}
        for part, converter in patterns[name].pattern.converters.items():
            word = WORDS.get(part)
            records = {
                "number": world[kind_of(name)],
                "person": world["participation"],
                "certificate": world["certificate"],
                "file": world.attachment(kind_of(name) if kind_of(name) in world.owners else "activity"),
            }
            if isinstance(converter, UUIDConverter):
                arguments[part] = world[kind_of(name)].uuid
            elif part in records:
                arguments[part] = records[part].pk
            else:
                arguments[part] = word[app] if isinstance(word, dict) else word
        return reverse(name, kwargs=arguments)

    return of


def writes(name):
    return dict(names(get_resolver().url_patterns))[name].callback.page_writes


TWINS = {
    "other_district_officer": "district_officer",
    "stranger": "city_officer",
    "other_enterprise_admin": "enterprise_admin",
}
"""Outsiders with the same role as somebody of the matrix."""

INSIDERS = {
    # who may open the record of each kind in every way the matrix grants
    "campaign": "city_officer",
    "import": "city_officer",
    "own-claim": "enterprise_admin",
    "deposit": "enterprise_admin",
    "project": "enterprise_admin",
    "handoff": "enterprise_admin",
    "token": "enterprise_admin",
    "served": "system_admin",
    "batch": "enterprise_admin",
    "disclosure": "enterprise_admin",
    "comparison": "enterprise_admin",
    "comparison-report": "enterprise_admin",
    "received": "notary_officer",
    "person": "security_admin",
    "entry": "auditor",
    "node": "system_admin",
    "unit": "system_admin",
    "invitation": "security_admin",
}
"""Everything else is the district officer's."""


def test_whoever_works_there_gets_in(world, address, login):
    """200; an address that only takes a POST sends a GET back to its record."""
    clients = {name: login(name) for name in {"district_officer", *INSIDERS.values()}}
    for name in ADDRESSES:
        who = INSIDERS.get(kind_of(name), "district_officer")
        if who not in RECORDS[name]:
            who = "district_officer"  # pages of a campaign that are the units' own
        status = clients[who].get(address(name)).status_code
        wanted = (200, 302) if writes(name) else (200,)
        assert status in wanted, (name, who, status)


@pytest.mark.parametrize(
    "who", ["other_district_officer", "stranger", "other_enterprise_admin", "station_staff", "expert"]
)
def test_outsider_gets_404(world, address, login, who):
    """By GET and by POST: a district of the same city, another city, another enterprise, the station below."""
    client = login(who)
    for name in ADDRESSES:
        if kind_of(name) in OF_THE_CAMPAIGN and who != "stranger":
            continue
        if kind_of(name) == "unit" and who == "station_staff":
            continue  # a station knows the bureau above it
        right = TWINS.get(who, who) in RECORDS[name]
        got = client.get(address(name)).status_code, client.post(address(name), {}).status_code
        refused = 404 if right else 403
        assert got == (refused, refused if writes(name) else 405), (name, who, got)


def test_what_a_campaign_shares_tells_nothing_of_another_unit(world, address, login):
    """西区 takes part in the same campaign and opens the same pages; nothing of 东区 stands on them."""
    client = login("other_district_officer")
    for name in ADDRESSES:
        if kind_of(name) not in OF_THE_CAMPAIGN:
            continue
        for answer in (client.get(address(name)), client.post(address(name), {"action": "export"})):
            assert answer.status_code in (200, 302, 403, 404, 405), (name, answer.status_code)
            assert worlds.MARK not in worlds.text_of(answer), name


@pytest.mark.parametrize(
    "who", ["other_district_officer", "stranger", "other_enterprise_admin", "expert", "visitor", "auditor"]
)
def test_files_of_a_record_that_is_not_theirs_are_not_there(world, login, who):
    client = login(who)
    shared = ("campaign",) if who == "other_district_officer" else ()
    for kind in world.owners:
        number = world.attachment(kind).pk
        wanted = 200 if kind in shared else 404
        for where in (f"/files/{number}/", f"/files/{number}/thumbnail/"):
            assert client.get(where).status_code == wanted, (kind, where)


@pytest.mark.parametrize("who", ["district_officer", "city_officer"])
def test_files_of_ones_own_records_open(world, login, who):
    client = login(who)
    for kind in world.owners:
        number = world.attachment(kind).pk
        assert client.get(f"/files/{number}/").status_code == 200, kind
        assert client.get(f"/files/{number}/thumbnail/")["Content-Type"] == "image/jpeg", kind


def test_what_is_not_published_is_not_on_the_portal(world, client):
    """The portal's own addresses, asked with the numbers of records that nobody has published."""
    for name, kind in (
        ("activity", "activity"),
        ("news-item", "news-item"),
        ("case", "case"),
        ("resource", "resource"),
    ):
        assert client.get(reverse(f"portal:{name}", kwargs={"number": world[kind].pk})).status_code == 404
