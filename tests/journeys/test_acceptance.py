"""The service month as it will be tried: from the real annex to the stamped form, by the people who do it."""

import io
import re
import zipfile

import pytest
from openpyxl import load_workbook

from tests.conftest import SHARED
from tools.product import PHONE

pytestmark = pytest.mark.journey

ANNEX = SHARED / "data" / "shanghai-2023-annex1-activities.csv"
CAMPAIGN = 2
"""The running campaign of the demonstration: launched, without a plan."""
PEOPLE = ("张三丰", "李四光", "王五洲", "赵六安", "钱七星")
CLAIM = "离职人员竞业限制补偿标准如何确定"


def test_a_service_month_from_the_annex_to_the_report(product, visitors, shared):
    import_the_annex(visitors, new=62)
    import_the_annex(visitors, new=0)
    activity = record_an_activity(visitors)
    five_people_sign_in(visitors, activity)
    record_a_visit(visitors)
    form = submit_the_form(visitors)
    return_it_once_and_accept(visitors, form)
    drill_down(visitors, form)
    summary = settle_the_summary(visitors)
    take_the_papers_away(visitors, summary)
    look_at_portal_and_big_screen(visitors)
    kill_and_start_again(product, visitors, summary)


def main_of(page):
    page.wait_for_load_state("networkidle")
    return page.locator("main").inner_text()


def import_the_annex(visitors, *, new):
    page = visitors.person("city")
    page.goto(f"/campaigns/{CAMPAIGN}/import/")
    page.set_input_files("input[type=file]", str(ANNEX))
    page.get_by_role("button", name="预览").click()
    page.wait_for_url("**/campaigns/imports/*/")
    text = main_of(page)
    if new:
        assert f"确认后写入 {new} 条" in text
        page.get_by_role("button", name="确认导入").click()
        page.wait_for_url(f"**/campaigns/{CAMPAIGN}/plan/")
        assert f"新增 {new} 条" in main_of(page)
    else:
        assert re.search(r"相同\s*62", text)
    page.goto(f"/campaigns/{CAMPAIGN}/plan/")
    assert "共 62 条" in main_of(page)
    line = page.locator("main table tbody tr", has_text="联动执法协作会议").first
    assert "浦东新区市场监管局" in line.inner_text()


def record_an_activity(visitors):
    page = visitors.person("district", phone=True)
    page.goto("/activities/new/")
    page.get_by_label("宣传活动").check()
    page.fill("input[name=title]", "验收：商业秘密保护进园区")
    page.get_by_role("button", name="保存").click()
    page.wait_for_url(re.compile(r"/activities/\d+/$"))
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    return re.search(r"/activities/\d+/", page.url).group()


def five_people_sign_in(visitors, activity):
    page = visitors.person("district", phone=True)
    page.goto(activity)
    page.get_by_role("button", name="开放扫码签到").click()
    assert "开放中" in main_of(page)
    screen = visitors.person("district")
    screen.goto(f"{activity}screen/")
    door = re.search(r"/activities/sign-in/[\w-]+/", screen.content()).group()
    for number, name in enumerate(PEOPLE):
        guest = visitors.person(phone=True)
        guest.goto(door)
        guest.fill("input[name=enterprise]", "上海云帆新材料有限公司" if number < 3 else "上海星河信息技术有限公司")
        guest.fill("input[name=name]", name)
        guest.fill("input[name=phone]", f"1390000100{number}")
        guest.check("input[name=consent]")
        guest.get_by_role("button", name="提交签到").click()
        assert name in main_of(guest)
        guest.context.close()
    page.goto(activity)
    assert re.search(r"参会人员（5 人，\d 家企业）", main_of(page))


def record_a_visit(visitors):
    page = visitors.person("district", phone=True)
    page.goto("/visits/new/")
    page.get_by_label("查找企业").fill("云帆")
    page.get_by_role("button", name="上海云帆新材料有限公司").click()
    page.locator("[name$=-text]").nth(0).fill("希望提供分级管理制度的范本")
    page.get_by_role("button", name="再加一条建议").click()
    page.locator("[name$=-text]").nth(1).fill("建议每季度组织一次保密员交流")
    page.locator("[name$=-title]").nth(0).fill(CLAIM)
    page.get_by_role("button", name="保存").click()
    page.wait_for_url(re.compile(r"/visits/\d+/$"))
    text = main_of(page)
    assert "意见建议（2 条）" in text
    assert CLAIM in text
    page.goto("/claims/")
    assert CLAIM in main_of(page)


def submit_the_form(visitors):
    page = visitors.person("district", phone=True)
    page.goto(f"/reporting/campaigns/{CAMPAIGN}/")
    page.locator("main a", has_text="浦东新区市场监管局").first.click()
    page.wait_for_url("**/reporting/forms/*/")
    form = re.search(r"/reporting/forms/\d+/", page.url).group()
    page.get_by_role("button", name="提交").first.click()
    assert "已提交" in main_of(page)
    return form


def return_it_once_and_accept(visitors, form):
    city, district = visitors.person("city"), visitors.person("district", phone=True)
    city.goto(form)
    city.get_by_text("退回", exact=True).first.click()
    city.locator("form[action$='/return/'] textarea[name=reason]").fill("请核对宣传材料份数")
    city.get_by_role("button", name="退回填报单位").click()
    assert "已退回" in main_of(city)
    district.goto(form)
    assert "请核对宣传材料份数" in main_of(district)
    district.get_by_role("button", name="提交").first.click()
    assert "已提交" in main_of(district)
    city.goto(form)
    city.get_by_role("button", name="审核通过").click()
    assert "审核通过" in main_of(city)


def drill_down(visitors, form):
    page = visitors.person("city")
    page.goto(form)
    page.locator("a[href*='cells/pub_attendance/']").first.click()
    text = main_of(page)
    assert all(name in text for name in PEOPLE)


def settle_the_summary(visitors):
    page = visitors.person("city")
    page.goto(f"/reporting/campaigns/{CAMPAIGN}/")
    page.locator("main a", has_text="汇总").first.click()
    page.wait_for_url("**/reporting/forms/*/")
    summary = re.search(r"/reporting/forms/\d+/", page.url).group()
    page.locator("form[action$='/freeze/'] [name=reason]").fill("验收演练，其余单位另行补报")
    page.get_by_role("button", name="汇总定稿").click()
    page.wait_for_load_state("networkidle")
    assert "已定稿" in page.locator("body").inner_text()
    return summary


def take_the_papers_away(visitors, summary):
    page = visitors.person("city")
    fetch = page.context.request.get
    sheet = load_workbook(io.BytesIO(fetch(f"{summary}form.xlsx").body())).active
    cells = [str(c.value) for row in sheet.iter_rows() for c in row if c.value is not None]
    assert any("填报单位（盖章）" in c for c in cells)
    assert any("开展线上线下专题宣传活动" in c for c in cells)
    assert fetch(f"{summary}form.pdf").body().startswith(b"%PDF-")
    assert fetch(f"{summary}form.json").json()
    page.goto(f"{summary}summary/")
    page.get_by_role("button", name="生成", exact=True).click()
    page.wait_for_load_state("networkidle")
    address = page.locator("main a[href*='/files/']").first.get_attribute("href")
    with zipfile.ZipFile(io.BytesIO(fetch(address).body())) as report:
        assert "加大宣传力度" in report.read("word/document.xml").decode()


def look_at_portal_and_big_screen(visitors):
    guest = visitors.person()
    guest.goto("/")
    assert "服务月" in main_of(guest)
    screen = visitors.person("city", size={"width": 1920, "height": 1080})
    screen.goto("/board/")
    screen.wait_for_load_state("networkidle")
    assert screen.evaluate("document.documentElement.scrollHeight") <= 1080
    assert "浦东新区市场监管局" in screen.locator("body").inner_text()


def kill_and_start_again(product, visitors, summary):
    assert "核验通过" in product.midun("trail", "verify")
    product.kill()
    product.start()
    page = visitors.person("city")
    page.goto(summary)
    page.wait_for_load_state("networkidle")
    assert "已定稿" in page.locator("body").inner_text()
    assert "核验通过" in product.midun("trail", "verify")
