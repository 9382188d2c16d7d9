"""A form keeps what was typed: over leaving, over the end of the session, over a broken network; never after saving."""

import re

import pytest

pytestmark = pytest.mark.journey

NEW = "/activities/new/"
PREFIX = "Object.keys(localStorage).filter((k) => k.startsWith('midun-draft:')).length"


@pytest.fixture
def page(visitors):
    """An officer's page with no draft on the device."""
    made = visitors.person("district")
    made.goto("/desk/")
    made.evaluate("localStorage.clear()")
    yield made
    made.context.close()


def type_in(page, title):
    page.goto(NEW)
    page.get_by_label("培训", exact=True).check()
    page.fill("input[name=title]", title)


def test_a_draft_comes_back_with_a_notice_and_ends_when_saved(page):
    type_in(page, "草稿一")
    page.goto("/activities/")
    page.goto(NEW)
    assert page.input_value("input[name=title]") == "草稿一"
    assert page.get_by_label("培训", exact=True).is_checked()
    assert "已恢复您" in page.locator("form[data-draft] [role=status]").inner_text()
    page.get_by_role("button", name="保存").click()
    page.wait_for_url(re.compile(r"/activities/\d+/$"))
    assert page.evaluate(PREFIX) == 0
    page.goto(NEW)
    assert page.input_value("input[name=title]") == ""


def test_a_draft_can_be_thrown_away(page):
    type_in(page, "草稿二")
    page.goto(NEW)
    page.get_by_role("button", name="丢弃草稿").click()
    page.wait_for_function("document.querySelector('input[name=title]').value === ''")
    assert page.evaluate(PREFIX) == 0


def test_a_form_shown_again_with_errors_keeps_its_draft(page):
    page.goto(NEW)
    page.fill("input[name=title]", "草稿三")
    page.get_by_role("button", name="保存").click()
    page.locator(".error-summary").wait_for()
    assert page.evaluate(PREFIX) == 1


def test_a_draft_survives_the_end_of_the_session(page, visitors):
    type_in(page, "草稿四")
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="保存").click()
    page.wait_for_url("**/accounts/login/**")
    page.fill("input[name=login]", "district")
    page.fill("input[name=password]", visitors.product.logins["district"])
    page.press("input[name=password]", "Enter")
    page.wait_for_url(re.compile("/activities/new/|/desk/"))
    page.goto(NEW)
    assert page.input_value("input[name=title]") == "草稿四"


def test_a_broken_network_says_so_and_loses_nothing(page):
    page.goto("/desk/")
    page.wait_for_function("navigator.serviceWorker.getRegistration().then((r) => r?.active?.state === 'activated')")
    type_in(page, "草稿五")
    page.context.set_offline(True)
    page.get_by_role("button", name="保存").click()
    page.get_by_role("heading", name="网络已断开").wait_for()
    page.context.set_offline(False)
    page.goto(NEW)
    assert page.input_value("input[name=title]") == "草稿五"


def test_logging_out_takes_the_drafts_along(page):
    type_in(page, "草稿六")
    page.goto("/desk/")
    page.get_by_role("button", name=re.compile("打开账号菜单")).last.click()
    page.locator(".top-bar").get_by_role("button", name="退出登录").click()
    page.wait_for_url(lambda url: "/desk/" not in url)
    assert page.evaluate(PREFIX) == 0
