"""Everybody can use it: axe-core on the pages that matter, twice the size, the keyboard alone, the version for elders."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.journey

RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
    "resultTypes": ["violations"],
    "preload": False,
}
PUBLIC = (
    "/", "/column/activities/", "/column/news/", "/column/cases/", "/column/downloads/", "/search/?q=秘密", "/search/",
    "/about/", "/accessibility/", "/site-map/", "/verify/", "/accounts/login/", "/no-such-page/", "/offline/",
)  # fmt: skip
OFFICER = (
    "/desk/", "/activities/", "/activities/?kind=training&sort=-day", "/activities/new/", "/visits/", "/visits/new/",
    "/claims/", "/claims/new/", "/publicity/news-items/", "/publicity/cases/", "/campaigns/", "/campaigns/1/",
    "/campaigns/1/plan/", "/reporting/", "/directory/enterprises/", "/directory/account/", "/notices/", "/saved-views/",
    "/board/1/", "/board/1/units/", "/board/1/days/", "/board/1/latest/", "/board/1/figures/pub_events/",
)  # fmt: skip
ENTERPRISE = (
    "/desk/", "/claims/own/", "/claims/own/new/", "/directory/account/", "/deposits/", "/deposits/projects/",
    "/deposits/projects/new/", "/deposits/handoffs/", "/deposits/explained/", "/deposits/tokens/", "/deposits/tokens/new/",
)  # fmt: skip
ARTICLES = ("/column/activities/", "/column/news/", "/column/cases/", "/column/downloads/")
RECORDS = ("/activities/", "/visits/", "/claims/", "/publicity/news-items/")
CASES = [("", PUBLIC), ("city", OFFICER), ("enterprise", ENTERPRISE)]
ZOOMED = {"width": 640, "height": 400}
"""A window of 1280×800 at 200 %."""


def first_of(page, path, selector):
    """The address of the first record of a list."""
    page.goto(path)
    return page.locator(selector).first.get_attribute("href")


def all_pages(page, who, paths):
    """The pages themselves, and the first record of the lists among them."""
    lists, selector = (ARTICLES, ".titles a") if not who else (RECORDS, "main tbody td a")
    return [*paths, *(first_of(page, path, selector) for path in lists if path in paths)]


def settle(page):
    """Wait for what comes after the page itself: the figures of the desk, the numbers of the big screen."""
    if page.locator("#board").count():
        page.locator("#board[aria-busy=false]").wait_for()
    if page.locator("[hx-trigger=load]").count():
        page.locator("text=数据截至").wait_for()


def complaints_of_axe(page, path):
    found = Axe().run(page, options=RULES).response["violations"]
    return [(path, v["id"], node["html"][:160]) for v in found for node in v["nodes"]]


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
@pytest.mark.parametrize(("who", "paths"), CASES, ids=["public", "officer", "enterprise"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(visitors, who, paths, phone):
    page = visitors.person(who, phone=phone)
    found = []
    for path in all_pages(page, who, paths):
        page.goto(path)
        settle(page)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            found.append((path, "scrolls sideways", ""))
        found += complaints_of_axe(page, path)
    page.context.close()
    assert found == []


@pytest.mark.parametrize(("who", "paths"), CASES, ids=["public", "officer", "enterprise"])
def test_at_twice_the_size_nothing_scrolls_sideways(visitors, who, paths):
    page = visitors.person(who, size=ZOOMED)
    wide = []
    for path in paths:
        page.goto(path)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(path)
    page.context.close()
    assert wide == []


@pytest.mark.parametrize("switch", ["data-contrast", "data-elder", "data-lines"])
def test_what_a_reader_sets_is_kept_and_stays_accessible(visitors, switch):
    page = visitors.person()
    page.goto("/")
    page.click(f"[{switch}]")
    page.goto("/column/news/")
    assert page.locator(f"[{switch}]").get_attribute("aria-pressed") == "true"
    assert complaints_of_axe(page, switch) == []
    page.click(f"[{switch}]")
    assert page.locator(f"[{switch}]").get_attribute("aria-pressed") == "false"
    page.context.close()


def test_the_version_for_elders_is_large_single_column_and_fits_a_phone(visitors):
    page = visitors.person(phone=True)
    page.goto("/")
    size = "parseFloat(getComputedStyle(document.querySelector('.titles a')).fontSize)"
    before = page.evaluate(size)
    page.get_by_role("button", name="长辈版").click()
    assert page.evaluate(size) >= max(24, before * 1.4)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert page.get_by_role("button", name="退出长辈版").is_visible()
    page.context.close()


def focused(page):
    return page.evaluate("""() => {
      const e = document.activeElement, s = getComputedStyle(e);
      return {name: e.textContent.trim() || e.getAttribute('aria-label') || e.name, id: e.id, href: e.getAttribute('href'),
              visible: s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2};
    }""")


@pytest.mark.parametrize(("who", "path"), [("", "/"), ("city", "/activities/")], ids=["portal", "list"])
def test_the_keyboard_shows_where_it_is_and_skips_to_the_text(visitors, who, path):
    page = visitors.person(who)
    page.goto(path)
    page.keyboard.press("Tab")
    assert focused(page)["href"] == "#content"
    hidden = []
    for _ in range(25):
        page.keyboard.press("Tab")
        here = focused(page)
        if not here["visible"]:
            hidden.append(here)
    assert hidden == []
    page.goto(path)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert focused(page)["id"] == "content"
    page.context.close()


def test_menus_and_tabs_obey_the_keyboard(visitors):
    page = visitors.person("city")
    page.goto("/desk/")
    page.locator(".top-bar").get_by_role("button", name="登记").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    assert "登记" in focused(page)["name"]
    page.keyboard.press("Escape")
    assert page.locator(".top-bar .dropdown-menu.show").count() == 0
    page.get_by_role("tab", name=re.compile("待办")).focus()
    page.keyboard.press("ArrowRight")
    page.get_by_role("tabpanel", name="已办").wait_for()
    page.context.close()


def test_the_calendar_obeys_the_keyboard_and_takes_dates_as_people_write_them(visitors):
    page = visitors.person("city")
    page.goto("/activities/new/")
    page.fill("#id_day", "2026年6月9日")
    page.keyboard.press("Tab")
    assert page.input_value("#id_day") == "2026-06-09"
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="选择日期")
    assert dialog.get_by_role("button", name="2026年6月9日 星期二").get_attribute("aria-pressed") == "true"
    assert complaints_of_axe(page, "calendar") == []
    for key in ("ArrowRight", "ArrowDown", "PageDown", "Enter"):
        page.keyboard.press(key)
    assert page.input_value("#id_day") == "2026-07-17"
    assert focused(page)["id"] == "id_day"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert dialog.count() == 0
    page.fill("#id_day", "2026-02-30")
    page.keyboard.press("Tab")
    assert "请按" in page.locator("#id_day_error").inner_text()
    page.context.close()


def test_errors_are_listed_above_the_form_and_lead_to_their_fields(visitors):
    page = visitors.person("district", phone=True)
    page.goto("/activities/new/")
    page.get_by_role("button", name="保存").click()
    summary = page.locator(".error-summary")
    summary.wait_for()
    assert page.evaluate("document.activeElement.classList.contains('error-summary')")
    summary.get_by_role("link", name="活动名称").click()
    assert focused(page)["id"] == "id_title"
    assert complaints_of_axe(page, "errors") == []
    page.context.close()


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080), (3840, 1080)], ids=str)
def test_the_big_screen_fits_without_scrolling(visitors, size):
    page = visitors.person("city", size={"width": size[0], "height": size[1]})
    page.goto("/board/1/")
    page.locator(".number").first.wait_for()
    page.locator("#trend svg").wait_for()
    assert page.locator(".number").count() == 17
    assert page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == list(size)
    cut = page.evaluate("""() => [...document.querySelectorAll('#figures *, .panel h2, #units .unit, #latest li')]
      .filter((e) => { const r = e.getBoundingClientRect(); return r.right > innerWidth + 1 || r.bottom > innerHeight + 1; })
      .map((e) => e.textContent)""")
    assert cut == []
    crossing = page.evaluate("""() => {
      const floor = document.getElementById('units').getBoundingClientRect().bottom;
      return [...document.querySelectorAll('.unit')].filter((e) => e.getBoundingClientRect().bottom > floor + 1).length;
    }""")
    assert crossing == 0
    assert page.locator("#as-of").inner_text() != "—"
    assert page.get_by_role("button", name="全屏").is_visible()
    page.context.close()
