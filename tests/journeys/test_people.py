"""People and organisations in a real browser: three administrators, a newcomer, enterprises from Excel, the trail."""

import re

import pytest
from openpyxl import load_workbook

from tests.accounts.test_second_factor import code_of
from tools.product import find_chromium

pytestmark = pytest.mark.journey
STATION = "示范区商业秘密保护服务站"
SECRET = "Brand-New-Horse-1"
GOOD, WRONG = "91310000MA1K35XR8Q", "91310000MA1K35XR8A"


def test_a_station_its_people_and_its_enterprises(product, visitors, tmp_path):
    assert find_chromium()
    found_a_station(administrator(visitors, "sysadmin"))
    security = administrator(visitors, "security")
    newcomer = join(visitors, invite(security))
    import_enterprises(newcomer, tmp_path)
    end_the_membership(security)
    newcomer.goto("/directory/enterprises/")
    assert "没有" in newcomer.locator("main").inner_text()
    check_the_trail(product, administrator(visitors, "auditor"), tmp_path)


def administrator(visitors, name):
    """Log in for the first time: the second factor must be set up before anything else."""
    page = visitors.person("")
    page.goto("/accounts/login/")
    page.fill("input[name=login]", name)
    page.fill("input[name=password]", next(iter(visitors.product.logins.values())))
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/2fa/totp/activate/")
    page.goto("/directory/units/")
    page.wait_for_url("**/2fa/totp/activate/")
    page.fill("input[name=code]", code_of(page.locator("#authenticator_secret").inner_text().strip()))
    page.press("input[name=code]", "Enter")
    page.wait_for_url("**/recovery-codes/")
    return page


def found_a_station(page):
    page.goto("/directory/units/")
    page.get_by_role("link", name="新增下级").click()
    page.fill("input[name=name]", "长三角示范区试点")
    page.select_option("select[name=level]", label="区县级")
    page.get_by_role("button", name="保存").click()
    page.wait_for_url("**/units/?node=*")
    assert "没有独立代码" in page.locator("main").inner_text()
    page.get_by_role("link", name="新增单位").click()
    page.select_option("select[name=kind]", "service_station")
    page.fill("input[name=name]", STATION)
    page.get_by_role("button", name="保存").click()
    page.wait_for_url("**/organisations/*/")
    page.goto("/directory/calendar/2027/")
    page.click("a[aria-label^='2月5日']")
    page.wait_for_url("**/calendar/2027/?day=2027-02-05#edit")
    page.fill("input[name=note]", "除夕")
    page.get_by_label("休息（节假日）").check()
    page.locator(".calendar-side form").first.get_by_role("button", name="保存").click()
    page.wait_for_url("**/calendar/2027/#content")
    assert page.get_by_role("link", name="2月5日，休息，除夕").is_visible()


def invite(page):
    page.goto("/directory/invitations/new/")
    page.fill("input[name=name]", "马新任")
    page.fill("input[name=organisation]", STATION)
    page.select_option("select[name=role]", label="服务站人员")
    page.get_by_role("button", name="生成邀请链接").click()
    return page.locator(".one-time-link").inner_text().strip()


def join(visitors, link):
    page = visitors.person("", phone=True)
    page.goto(re.sub(r"^https?://[^/]+", visitors.product.address, link))
    page.fill("input[name=username]", "maxinren")
    page.fill("input[name=password]", "short")
    page.fill("input[name=again]", "short")
    page.get_by_role("button", name="接受邀请").click()
    assert "密码太短" in page.locator(".error-summary").inner_text()
    page.fill("input[name=password]", SECRET)
    page.fill("input[name=again]", SECRET)
    page.get_by_role("button", name="接受邀请").click()
    page.wait_for_url("**/accounts/login/")
    page.fill("input[name=login]", "maxinren")
    page.fill("input[name=password]", SECRET)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/desk/")
    assert STATION in page.locator("body").inner_text()
    return page


def import_enterprises(page, folder):
    page.goto("/directory/enterprises/new/")
    page.fill("input[name=credit_code]", WRONG)
    page.locator("input[name=credit_code]").blur()
    assert "校验码" in page.locator(".invalid-feedback:visible").first.inner_text()
    page.goto("/directory/enterprises/import/")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载模板").click()
    download.value.save_as(folder / "template.xlsx")
    book = load_workbook(folder / "template.xlsx")
    book.worksheets[0].append(["示范区精密机械有限公司", GOOD, "", "35 专用设备制造业", "中型"])
    book.worksheets[0].append(["示范区新材料有限公司", WRONG])
    book.save(folder / "filled.xlsx")
    page.set_input_files("input[type=file]", folder / "filled.xlsx")
    page.get_by_role("button", name="预览").click()
    page.wait_for_url("**/enterprises/import/*/")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载错误文件").click()
    download.value.save_as(folder / "errors.xlsx")
    cell = load_workbook(folder / "errors.xlsx").worksheets[0].cell(4, 2)
    assert (cell.value, cell.fill.fgColor.rgb) == (WRONG, "FFFFC7CE")
    page.get_by_role("button", name="确认导入").click()
    page.wait_for_url("**/directory/enterprises/")
    assert "新增 1 家" in page.locator("main").inner_text()


def end_the_membership(page):
    page.goto("/directory/people/?q=maxinren")
    page.get_by_role("link", name="马新任").click()
    page.get_by_text("终止这一身份").click()
    page.fill("input[placeholder^='如：调离']", "调离")
    page.get_by_role("button", name="终止").click()
    assert "已终止" in page.locator("main").inner_text()


def check_the_trail(product, page, folder):
    page.goto("/directory/trail/?who=马新任&verb=imported")
    page.locator("tbody a").first.click()
    assert "示范区" in page.locator("main").inner_text()
    page.goto("/directory/trail/")
    page.get_by_role("button", name="核验留痕").click()
    assert "核验通过" in page.locator("main").inner_text()
    with page.expect_download() as download:
        page.get_by_role("button", name="导出（含摘要）").click()
    download.value.save_as(folder / "trail.jsonl")
    assert "核验通过" in product.midun("trail", "verify", "--file", str(folder / "trail.jsonl"))
    assert "核验通过" in product.midun("trail", "verify")
