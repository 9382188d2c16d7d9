"""What every answer carries: pages, errors, redirects, files, exports."""

import re

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import path, reverse

from tests.hardening import world as worlds
from tests.test_access_matrix import LISTS


def broken(_request):
    raise RuntimeError("一个没有料到的错误")


def plain(_request):
    return HttpResponse("x")


urlpatterns = [path("broken/", broken), path("plain/", plain)]


def check(answer, where):
    headers = answer.headers
    assert headers["X-Content-Type-Options"] == "nosniff", where
    assert headers["X-Frame-Options"] == "DENY", where
    assert headers["Referrer-Policy"] == "same-origin", where
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin", where
    assert "geolocation=()" in headers["Permissions-Policy"], where
    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    scripts = policy.get("script-src", policy.get("default-src"))
    assert scripts in ("'self'", "'none'"), (where, scripts)
    assert "unsafe" not in policy.get("style-src", "") or "sandbox" in policy, where
    assert policy.get("frame-ancestors", "'none'") == "'none'", where


@pytest.mark.parametrize("who", ["district_officer", "enterprise_admin", "security_admin", "visitor"])
def test_every_list_and_refusal(login, who):
    client = login(who)
    for name, (arguments, _) in LISTS.items():
        where = reverse(name, args=arguments)
        for answer in (client.get(where), client.post(where, {})):
            check(answer, (name, answer.status_code))


def test_errors(login, settings):
    client = login("district_officer")
    assert client.get("/nowhere/").status_code == 404
    answers = {
        400: client.get("/", headers={"host": "evil.example"}),
        403: client.get("/directory/trail/"),
        404: client.get("/nowhere/"),
        405: client.delete("/visits/"),
    }
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    answers["forged"] = strict.post("/visits/", {"action": "export"})
    settings.ROOT_URLCONF = __name__
    quiet = Client(raise_request_exception=False)
    answers[500] = quiet.get("/broken/")
    answers["plain"] = quiet.get("/plain/")
    for what, answer in answers.items():
        check(answer, what)
        if isinstance(what, int):
            assert answer.status_code == what
            assert "RuntimeError" not in answer.content.decode()
    assert answers["forged"].status_code == 403


def test_files_and_exports(cast, at, login):
    world, client = worlds.build(cast, at), login("district_officer")
    number = world.attachment("visit").pk
    form = world["form"].pk
    downloads = [
        client.post("/visits/", {"action": "export"}),
        client.get(reverse("activities:poster", args=[world["activity"].pk])),
        *(client.get(reverse("reporting:paper", args=[form, kind])) for kind in ("xlsx", "docx")),
    ]
    for answer in downloads:
        assert answer.status_code == 200
        assert answer["Content-Disposition"].startswith("attachment; filename"), answer.headers
        assert answer["Content-Type"].partition(";")[0] != "text/html"
        check(answer, answer["Content-Disposition"])
    picture = client.get(f"/files/{number}/")
    check(picture, "attachment")
    assert (picture["Content-Type"], picture["Content-Disposition"][:7]) == ("image/jpeg", "inline;")
    assert "sandbox" in picture["Content-Security-Policy"]
    check(client.get(f"/files/{number}/thumbnail/"), "thumbnail")


def test_pages_of_a_person_are_kept_by_no_cache(login, client):
    assert login("district_officer").get("/visits/")["Cache-Control"] == "no-store, private"
    assert "no-store" not in client.get("/").headers.get("Cache-Control", "")


def test_no_answer_says_what_it_runs_on(login):
    for answer in (login("district_officer").get("/desk/"), Client().get("/nowhere/")):
        told = " ".join(f"{name}: {value}" for name, value in answer.headers.items())
        assert not re.search(r"django|python|powered", told, re.IGNORECASE)
