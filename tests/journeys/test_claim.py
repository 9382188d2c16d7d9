"""A claim from the enterprise's phone to its rating, and the draft of a visit that remembers whom it was about."""

import re

import pytest

pytestmark = pytest.mark.journey

TITLE = "外聘专家接触核心资料时如何约定保密"
ENTERPRISE = "上海云帆新材料有限公司"


def main_of(page):
    page.wait_for_load_state("networkidle")
    return page.locator("main").inner_text()


def test_from_the_enterprise_to_its_rating(visitors):
    enterprise = visitors.person("enterprise", phone=True)
    enterprise.goto("/claims/own/new/")
    assert "提出诉求不是举报" in main_of(enterprise)
    enterprise.get_by_label("需要什么帮助").fill(TITLE)
    enterprise.get_by_label("事项类别").select_option("personnel")
    enterprise.get_by_label("联系人及电话").fill("吴敏 13800000000")
    enterprise.get_by_role("button", name="提交").click()
    enterprise.wait_for_url(re.compile(r"/claims/own/\d+/$"))
    own = enterprise.url

    officer = visitors.person("district", phone=True)
    officer.goto("/claims/?state=registered")
    officer.get_by_role("link", name=TITLE).click()
    officer.get_by_role("button", name="受理").first.click()
    officer.locator("summary", has_text="记录办理情况").click()
    officer.get_by_label("办理情况").fill("已电话联系，周三上门")
    officer.get_by_label("同时告知企业").check()
    officer.locator("details[open]").get_by_role("button", name="保存").click()
    officer.get_by_role("button", name="开始办理").click()
    officer.get_by_label("已解决", exact=True).check()
    officer.get_by_label("答复企业").fill("已提供保密协议要点清单")
    officer.locator("details[open]").get_by_role("button", name="办结").click()
    assert "已办结" in officer.locator(".page-header").inner_text()

    enterprise.goto(own)
    told = main_of(enterprise)
    assert "已提供保密协议要点清单" in told
    assert "已电话联系，周三上门" in told
    enterprise.get_by_label("非常满意").check()
    enterprise.get_by_role("button", name="提交评价").click()
    assert "您已评价 5 分" in main_of(enterprise)


def test_a_draft_remembers_the_enterprise_and_the_added_rows(visitors):
    page = visitors.person("station", phone=True)
    page.goto("/visits/new/")
    page.get_by_label("查找企业").fill("云帆")
    page.get_by_role("button", name=ENTERPRISE).click()
    page.get_by_role("button", name="再加一条建议").click()
    page.locator("[name=tips-1-text]").fill("多办实务培训")
    page.reload()
    assert page.locator("[data-pick-chosen] strong").inner_text() == ENTERPRISE
    assert page.locator("[name=tips-1-text]").input_value() == "多办实务培训"
    page.get_by_role("button", name="更换").click()
    assert page.get_by_label("查找企业").is_visible()
    page.get_by_role("button", name="丢弃草稿").click()
    page.wait_for_load_state("networkidle")
    assert page.locator("[data-pick-chosen]").is_hidden()
