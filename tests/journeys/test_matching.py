"""An enterprise registers a comparison; a bureau compares two sealed bundles and finds the result on the claim."""

import json
import re
import time

import pytest

from midun.lib.similarity.report.summary import encode, summarised
from midun.lib.similarity.sealed import pack, parse_session, seal
from tests.lib.similarity.reports import SECRET, TITLE, full_report

pytestmark = pytest.mark.journey

PATIENCE = 60


def main_of(page):
    page.wait_for_load_state("networkidle")
    return page.locator("main").inner_text()


def test_an_enterprise_registers_shares_and_no_content(visitors):
    report = full_report()
    page = visitors.person("enterprise")
    sent = []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    page.goto("/matching/projects/new/")
    page.get_by_label("名称").fill("L-3 事项")
    page.get_by_role("button", name="保存").click()
    page.get_by_role("link", name="登记报告摘要").click()
    page.wait_for_load_state("networkidle")
    chosen = page.locator("input[type=file]")
    chosen.set_input_files({"name": "report.json", "mimeType": "application/json", "buffer": report})
    page.get_by_text("没有发送").wait_for()
    assert page.get_by_role("button", name="提交").is_disabled()
    summary = encode(summarised(report, titles=False))
    chosen.set_input_files({"name": "summary.json", "mimeType": "application/json", "buffer": summary})
    page.get_by_text("以下是将要提交的全部内容").wait_for()
    page.get_by_role("button", name="提交").click()
    page.wait_for_url(re.compile(r"/matching/reports/\d+/$"))
    said = main_of(page)
    assert "达到报告阈值" in said
    assert "依法认定" in said
    assert not any(SECRET[:12] in data or TITLE in data for data in sent)


def test_a_sealed_session_from_opening_to_the_report(visitors, tmp_path):
    officer = visitors.person("district")
    officer.goto("/matching/sealed/new/")
    officer.get_by_label("事由").fill("企业反映原员工使用其工艺文件")
    officer.get_by_label("甲方").fill("云帆新材料")
    officer.get_by_label("乙方").fill("某新材料公司")
    officer.get_by_label("诉求").select_option(index=1)
    officer.get_by_role("button", name="开启", exact=True).click()
    with officer.expect_download() as saved:
        officer.get_by_role("link", name="下载会话文件").click()
    session = parse_session(saved.value.path().read_bytes())
    assert session.fingerprint in main_of(officer)
    (tmp_path / "甲.txt").write_text(SECRET, encoding="utf-8")
    (tmp_path / "乙.txt").write_text(SECRET[200:1200], encoding="utf-8")
    for side, name, label in (("a", "甲.txt", "甲方"), ("b", "乙.txt", "乙方")):
        points = f"## {TITLE}\n{SECRET}".encode() if side == "a" else b""
        sealed = seal(pack(tmp_path / name, points), session, side)
        file = {"name": f"{side}.sealed", "mimeType": "application/octet-stream", "buffer": sealed}
        officer.get_by_label(f"{label}的材料包").set_input_files(file)
        officer.get_by_role("button", name="接收", exact=True).first.click()
        officer.wait_for_load_state("networkidle")
    officer.get_by_role("button", name="开始比对").click()
    until = time.monotonic() + PATIENCE
    while "材料和密钥已先行删除" not in main_of(officer):
        assert time.monotonic() < until, main_of(officer)
        time.sleep(0.5)
        officer.reload()
    with officer.expect_download() as saved:
        officer.get_by_role("button", name="查看 JSON").click()
    found = json.loads(saved.value.path().read_bytes())["findings"][0]
    assert found["title"] == TITLE
    assert found["covered"] > 0.5
    officer.reload()
    assert "查看密封比对报告" in main_of(officer)
    officer.get_by_role("link", name="诉求上的摘要").click()
    assert TITLE in main_of(officer)
