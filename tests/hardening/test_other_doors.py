"""Another district's records by every other door: lists, searches, exports, figures, JSON, the public pages."""

import pytest
from django.urls import reverse

from midun.kernel.statistics.figures import all_figures
from tests.hardening import world as worlds
from tests.hardening.world import MARK, text_of
from tests.test_access_matrix import LISTS

WORDS = ("q", "text", "who", "search", "keyword")
FOREIGN = ("other_district_officer", "stranger", "other_enterprise_admin", "expert")
SHOWING = (
    "activities:activities",
    "visits:visits",
    "claims:ledger",
    "claims:suggestions",
    "directory:enterprises",
    *(f"publicity:{slug}s" for slug in worlds.SLUGS),
)
"""Lists on which 东区 finds its own records: the other tests would prove nothing if these were empty for everybody."""


@pytest.fixture
def world(cast, at):
    made = worlds.build(cast, at)
    cast.jia.name = f"{MARK}有限公司"
    cast.jia.save()
    return made


def lists():
    return [(name, reverse(name, args=arguments)) for name, (arguments, _) in LISTS.items()]


def test_the_owner_finds_them(world, login):
    client = login("district_officer")
    for name in SHOWING:
        assert MARK in text_of(client.get(reverse(name))), name
        export = client.post(reverse(name), {"action": "export"})
        assert export.content.startswith(b"PK"), name
        assert MARK in text_of(export), name


@pytest.mark.parametrize("who", [*FOREIGN, "visitor"])
def test_no_list_search_or_export_shows_them(world, login, who):
    client = login(who)
    for name, path in lists():
        answers = [
            client.get(path),
            client.get(path, dict.fromkeys(WORDS, "东秘")),
            client.post(path, {"action": "export"}),
        ]
        for answer in answers:
            assert answer.status_code < 500, (name, answer.status_code)
            assert MARK not in text_of(answer), (name, who)


def test_the_search_of_enterprises_stays_in_ones_own_area(world, login):
    assert MARK in login("district_officer").get("/claims/enterprises/", {"q": MARK}).content.decode()
    for who in ("other_district_officer", "stranger"):
        assert MARK not in login(who).get("/claims/enterprises/", {"q": MARK}).content.decode()


def test_a_figure_lists_only_records_of_ones_own_area(world, login):
    """The big screen counts the whole campaign for the city; the records behind a number are those one may see."""
    names, campaign = [figure.name for figure in all_figures()], world["campaign"].pk
    mine, foreign = login("district_officer"), login("other_district_officer")
    seen = 0
    for name in names:
        path = reverse("dashboards:figure", kwargs={"number": campaign, "name": name})
        seen += MARK in text_of(mine.get(path))
        assert MARK not in text_of(foreign.get(path)), name
    assert seen > 5


def test_a_cell_drills_down_to_records_of_its_own_unit(world, login):
    mine, foreign = login("district_officer"), login("other_district_officer")
    found = 0
    for name in [figure.name for figure in all_figures()]:
        own = reverse("reporting:drill", kwargs={"number": world["form"].pk, "name": name})
        answer = mine.get(own)
        if answer.status_code == 404:
            continue  # a figure that this form does not ask for
        found += MARK in text_of(answer) and MARK in text_of(mine.post(own, {"action": "export"}))
        assert foreign.get(own).status_code == foreign.post(own, {"action": "export"}).status_code == 404, name
        other = reverse("reporting:drill", kwargs={"number": world["west-form"].pk, "name": name})
        assert MARK not in text_of(foreign.get(other)), name
        assert MARK not in text_of(foreign.post(other, {"action": "export"})), name
    assert found > 5


def test_the_data_of_the_big_screen_names_no_record_of_another_area(world, login):
    path = reverse("dashboards:board-data", kwargs={"number": world["campaign"].pk})
    assert MARK not in login("other_district_officer").get(path).content.decode()


@pytest.mark.parametrize("who", ["enterprise_admin", "other_enterprise_admin"])
def test_an_enterprise_sees_only_its_own_claims(world, login, who):
    found = MARK in login(who).get("/claims/own/").content.decode()
    assert found == (who == "enterprise_admin")


def test_a_document_of_ones_own_form_holds_nothing_of_another_unit(world, login):
    client = login("other_district_officer")
    for kind in ("xlsx", "docx", "pdf", "json"):
        answer = client.get(reverse("reporting:paper", kwargs={"number": world["west-form"].pk, "kind": kind}))
        assert MARK not in text_of(answer), kind
    summary = reverse("reporting:summary", kwargs={"number": world["west-form"].pk})
    for answer in (client.get(summary), client.post(summary, {})):
        assert MARK not in text_of(answer)
