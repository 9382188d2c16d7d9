"""The local desk in a real browser: three recipients get their copies, a screenshot of one leads back to its owner."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import sync_playwright

from midun.desk import workers
from tests.lib.marking.test_pdf import document
from tools.product import find_chromium

pytestmark = pytest.mark.journey


def in_browser(address, act):
    """Do something on the desk; no script fails and nothing is asked of anybody else. A thread holds one Playwright."""

    def visit():
        heard = []
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page(locale="zh-CN", timezone_id="Asia/Shanghai")
            page.on("pageerror", lambda error: heard.append(str(error)))
            page.on("console", lambda said: heard.append(said.text) if said.type == "error" else None)
            page.on("request", lambda one: None if one.url.startswith((address, "blob:")) else heard.append(one.url))
            page.goto(address)
            act(page)
            browser.close()
        assert heard == []

    with ThreadPoolExecutor(1) as thread:
        thread.submit(visit).result()


@pytest.fixture(autouse=True)
def _no_process_stays():
    if find_chromium() is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    yield
    workers.close()


def test_a_screenshot_leads_back_to_its_recipient(talk, tmp_path):
    in_browser(talk.desk.address, lambda officer: three_copies_and_a_leak(officer, tmp_path))


def three_copies_and_a_leak(officer, tmp_path):
    source = tmp_path / "工艺规程.pdf"
    source.write_bytes(document(2))
    officer.get_by_role("link", name="制作副本").first.click()
    officer.get_by_label("选择文件", exact=True).set_input_files([source])
    officer.get_by_text("已读入 1 个文件").wait_for()
    officer.get_by_label("每行一人").fill("李雷\n韩梅（上海某某精密仪器股份有限公司）\n王芳")
    officer.get_by_label("用途").fill("供应商评审")
    officer.get_by_label("制作人").fill("张三")
    officer.get_by_label("密级", exact=True).select_option("重要")
    officer.get_by_label("权利人").fill("甲精密机械有限公司")
    officer.get_by_label("截止日期").fill("2031-01-01")
    officer.get_by_label("保存到").fill(str(tmp_path / "副本"))
    officer.get_by_role("button", name="开始制作").click()
    officer.get_by_role("link", name="整包下载").wait_for(timeout=60_000)
    assert officer.get_by_text("3 份，共 3 份").is_visible()
    copy = next((tmp_path / "副本").glob("韩梅*/工艺规程.pdf"))
    with pypdfium2.PdfDocument(copy) as opened:
        shot = opened[0].render(scale=1.4).to_pil().crop((30, 30, 800, 900))
    leak = tmp_path / "群聊截图.jpg"
    shot.convert("RGB").save(leak, quality=70)
    officer.get_by_role("link", name="追溯泄露").click()
    officer.get_by_label("选择文件", exact=True).set_input_files([leak])
    officer.get_by_text("已读入 1 个文件").wait_for()
    officer.get_by_role("button", name="查是谁的副本").click()
    officer.get_by_text("这是发给 韩梅（上海某某精密仪器股份有限公司） 的副本。").wait_for(timeout=60_000)
    assert officer.get_by_role("img", name="方格为密标重复的位置").evaluate("image => image.naturalWidth") > 100
    with officer.expect_download() as held:
        officer.get_by_role("link", name="下载报告").click()
    assert Path(held.value.path()).read_bytes().startswith(b"%PDF")
    officer.get_by_role("navigation").get_by_role("link", name="副本登记簿").click()
    officer.get_by_label("检索").fill("韩梅")
    officer.get_by_role("button", name="检索").click()
    assert officer.get_by_text("共 1 份").is_visible()
