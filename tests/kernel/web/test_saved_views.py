"""Saved views: kept, renamed, made the default, dropped; nobody reaches another's."""

import pytest

from midun.kernel.web.models import SavedView

VIEWS = "/saved-views/"
LIST = "/activities/"


@pytest.fixture
def keep(login):
    """`keep("district_officer", "培训")` keeps a view of the list of events through the page."""

    def keeping(who, name, query="kind=training", path=LIST):
        data = {"action": "keep", "page": "activities", "title": "活动", "path": path, "name": name, "query": query}
        return login(who).post(VIEWS, data)

    return keeping


def mine(cast, who):
    return SavedView.objects.visible_to(cast.actor(who))


def test_it_works(login, keep, cast):
    assert keep("district_officer", " 本区培训 ").headers["Location"] == f"{LIST}?kind=training"
    assert [v.name for v in mine(cast, "district_officer")] == ["本区培训"]
    assert "?kind=training" in login("district_officer").get(LIST).content.decode()


def test_it_can_be_renamed_and_dropped(login, keep, cast):
    keep("district_officer", "甲")
    number = mine(cast, "district_officer").get().pk
    client = login("district_officer")
    client.post(VIEWS, {"action": "rename", "view": number, "name": "乙"})
    assert mine(cast, "district_officer").get().name == "乙"
    client.post(VIEWS, {"action": "drop", "view": number})
    assert not mine(cast, "district_officer").exists()


def test_the_default_opens_the_list_until_everything_is_asked_for(login, keep, cast):
    keep("district_officer", "甲")
    keep("district_officer", "乙", query="kind=salon")
    client = login("district_officer")
    for view in mine(cast, "district_officer"):
        client.post(VIEWS, {"action": "default", "view": view.pk})
    assert mine(cast, "district_officer").filter(is_default=True).count() == 1
    assert client.get(LIST).headers["Location"] in (f"{LIST}?kind=salon", f"{LIST}?kind=training")
    assert client.get(LIST, {"all": "1"}).status_code == 200
    client.post(VIEWS, {"action": "default", "view": mine(cast, "district_officer").get(is_default=True).pk})
    assert client.get(LIST).status_code == 200


def test_outsider_gets_404(login, keep, cast):
    keep("district_officer", "甲")
    number = mine(cast, "district_officer").get().pk
    other = login("district_officer_2")
    assert other.post(VIEWS, {"action": "rename", "view": number, "name": "占用"}).status_code == 404
    assert other.post(VIEWS, {"action": "default", "view": number}).status_code == 404
    other.post(VIEWS, {"action": "drop", "view": number})
    assert mine(cast, "district_officer").get().name == "甲"


def test_a_visitor_has_none(login):
    assert login("visitor").get(VIEWS).status_code == 302
    login("visitor").post(VIEWS, {"action": "keep", "page": "activities", "path": LIST, "name": "x", "query": ""})
    assert not SavedView.objects.unscoped("test").exists()


def test_it_rejects_a_name_twice(keep, cast):
    keep("district_officer", "甲")
    keep("district_officer", "甲", query="kind=salon")
    assert mine(cast, "district_officer").get().query == "kind=training"


def test_it_rejects_a_name_that_is_empty(keep, cast):
    keep("district_officer", "   ")
    assert not mine(cast, "district_officer").exists()


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_it_rejects_an_address_elsewhere(keep, cast, path):
    assert keep("district_officer", "甲", path=path).status_code == 404
    assert not mine(cast, "district_officer").exists()


def test_a_list_keeps_only_so_many(keep, cast):
    for n in range(32):
        keep("district_officer", f"第{n}个")
    assert mine(cast, "district_officer").count() == 30
