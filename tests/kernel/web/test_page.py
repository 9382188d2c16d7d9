"""The decorator every view wears, the error pages, the notices, and the page for a broken network."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from midun.kernel.notify.models import Notice
from midun.kernel.notify.services import send
from midun.kernel.orgs.models import User
from midun.kernel.web.page import SAVED, GetWrote, page


@pytest.fixture
def ask(cast):
    """`ask(view, "POST", who="district_officer")` calls a decorated function as somebody."""

    def asking(view, method="GET", who="district_officer", path="/x/"):
        request = RequestFactory().generic(method, path)
        request.user = cast.memberships[who].user
        request.actor = cast.actor(who)
        return view(request)

    return asking


def test_a_get_cannot_write(ask):
    @page(public=True)
    def writing(request):
        User.objects.create(username="x")

    with pytest.raises(GetWrote):
        ask(writing)


def test_a_post_that_fails_leaves_nothing(ask):
    @page(public=True, writes=True)
    def failing(request):
        User.objects.create(username="half")
        raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        ask(failing, "POST")
    assert not User.objects.filter(username="half").exists()


@pytest.mark.parametrize(("writes", "allowed"), [(False, "GET, HEAD"), (True, "GET, HEAD, POST")])
def test_other_methods_are_refused(ask, writes, allowed):
    @page(public=True, writes=writes)
    def view(request):
        return HttpResponse()

    assert ask(view, "DELETE").headers["Allow"] == allowed
    assert ask(view, "POST").status_code == (200 if writes else 405)


def test_the_browser_is_told_that_a_form_was_saved_only_when_it_was(ask):
    @page(public=True, writes=True)
    def saving(request):
        return redirect("/y/")

    @page(public=True, writes=True)
    def showing_errors(request):
        return HttpResponse("请修改")

    assert ask(saving, "POST", path="/a/新/").cookies[SAVED].value == "%2Fa%2F%E6%96%B0%2F"
    assert SAVED not in ask(saving, "GET").cookies
    assert SAVED not in ask(showing_errors, "POST").cookies


def test_error_pages_are_chinese_and_say_what_to_do(login, cast):
    missing = login("district_officer").get("/nothing/").content.decode()
    assert "没有找到" in missing
    assert "返回上一页" in missing
    refused = login("district_officer").get("/directory/trail/")
    assert refused.status_code == 403
    assert "查询与导出留痕" in refused.content.decode()
    assert "。。" not in refused.content.decode()


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "429", "500", "web/offline"])
def test_error_pages_need_no_context(name):
    shown = render_to_string(f"{name}.html")
    assert 'lang="zh-CN"' in shown
    assert re.search(r"<h1[^>]*>[\u4e00-\u9fff]+</h1>", shown)


def test_a_wrong_host_and_a_fault_get_their_pages_too(cast, monkeypatch):
    client = Client(raise_request_exception=False)
    assert "请求无法处理" in client.get("/", headers={"host": "evil.example"}).content.decode()

    def broken(*_args, **_kwargs):
        raise RuntimeError

    monkeypatch.setattr("midun.portal.column.campaign", broken)
    answer = client.get("/")
    assert answer.status_code == 500
    assert "服务出现故障" in answer.content.decode()


def test_a_form_from_another_site_gets_a_page_in_chinese(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.district_officer.user)
    answer = client.post("/activities/new/", {})
    assert answer.status_code == 403
    assert "页面已过期" in answer.content.decode()


def test_the_worker_keeps_what_the_offline_page_needs(login):
    script = login("visitor").get("/worker.js")
    assert script.headers["Content-Type"] == "text/javascript"
    kept = re.findall(r'"(/[^"]+)",', script.content.decode())
    assert "/offline/" in kept
    shown = login("visitor").get("/offline/").content.decode()
    needed = re.findall(r'(?:href|src)="(/static/[^"#]+)', shown)
    assert {n for n in needed if not n.endswith("favicon.svg")} <= set(kept)
    assert all(finders.find(path.removeprefix("/static/")) for path in kept if path.startswith("/static/"))


@pytest.fixture
def told(cast, at):
    """Three notices for the district officer, one for a colleague."""
    for n in range(3):
        send(kind=Notice.Kind.TODO, to=[cast.district_officer], text=f"第{n}件", url="/desk/", key=f"k{n}", at=at)
    send(kind=Notice.Kind.TODO, to=[cast.district_officer_2], text="别人的", url="/desk/", key="other", at=at)


def test_notices_are_read_one_by_one_and_all_at_once(login, cast, told):
    client = login("district_officer")
    mine = Notice.objects.visible_to(cast.actor("district_officer"))
    first = mine.get(text="第0件")
    answer = client.post("/notices/", {"notice": first.pk, "next": "/desk/"})
    assert answer.headers["Location"] == "/desk/"
    assert mine.unread().count() == 2
    assert "第0件" not in client.get("/notices/", {"unread": "1"}).content.decode()
    client.post("/notices/", {})
    assert mine.unread().count() == 0
    assert Notice.objects.visible_to(cast.actor("district_officer_2")).unread().count() == 1
    assert "没有未读通知" in client.get("/notices/", {"unread": "1"}).content.decode()


def test_a_notice_leads_nowhere_else(login, told):
    answer = login("district_officer").post("/notices/", {"next": "https://evil.example/"})
    assert answer.headers["Location"] == "/notices/"


def test_notices_come_in_pages(login, cast, at):
    for n in range(25):
        send(kind=Notice.Kind.TODO, to=[cast.district_officer], text=f"第{n}件", url="/desk/", key=f"p{n}", at=at)
    assert len(login("district_officer").get("/notices/").context["page"].object_list) == 20
    assert len(login("district_officer").get("/notices/?page=2").context["page"].object_list) == 5


def test_the_small_scripts_stay_small():
    folder = Path(finders.find("midun/js/midun.js")).parent
    assert sum(path.stat().st_size for path in folder.glob("*.js")) < 40_000
