"""The offline verifier as a person meets it: a file opened in Chromium, with no network to lean on."""

import json
import re

import pytest

from midun.evidence.verifiers import verify_html
from midun.lib.bundle.verifying import verify_bundle
from tests.browser import ScriptPage
from tests.lib.bundle import building, tampering
from tests.lib.bundle.authority import Authority


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("taken-home")
    case = building.one_file(authorities=[Authority(made / "ec")])
    files = {
        "verify.html": verify_html(),
        "bundle.zip": case.bundle.encode(),
        "bad.zip": tampering.flip(case.bundle.encode(), 300),
        "early.zip": case.with_bundle(tokens=()).bundle.encode(),
        "opening.json": case.opening,
        "recipe.txt": building.CONTENT,
        "other.txt": b"something else",
        "policy.txt": building.policy_text(),
    }
    for name, data in files.items():
        (made / name).write_bytes(data)
    return made


@pytest.fixture(scope="module")
def browser(folder):
    with ScriptPage(folder, []) as page:
        yield page


def verdict(browser, folder, fragment="", **files):
    """Choose files; gives the sentence, its colour and the steps."""

    def act(page):
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto("about:blank")
        page.goto((folder / "verify.html").as_uri() + fragment)
        for slot, name in files.items():
            page.set_input_files(f"#vf-{slot}", folder / name)
        page.wait_for_selector("#vf-result:not([hidden])")
        page.wait_for_timeout(100)
        assert [url for url in asked if not url.startswith("file:")] == []
        assert page.is_visible("#vf-other") == fragment.endswith("0")
        steps = page.eval_on_selector_all(
            "#vf-steps li", "rows => rows.map((row) => row.innerText.split('\\n').at(-1))"
        )
        return page.inner_text("#vf-sentence"), page.get_attribute("#vf-sentence", "class"), steps

    return browser.on_page(act)


def test_a_deposit_is_verified_from_the_file(browser, folder):
    said, colour, steps = verdict(browser, folder, bundle="bundle.zip", opening="opening.json", file="recipe.txt")
    assert (said, colour) == ("核验通过。", "vf-box vf-good")
    assert "出示的文件与存证时完全相同。" in steps
    ours = verify_bundle((folder / "bundle.zip").read_bytes(), opening=(folder / "opening.json").read_bytes())
    assert steps[:7] == [step.sentence for step in ours.steps][:7]


def test_a_bundle_of_another_deposit_than_the_certificate_s_is_pointed_out(browser, folder):
    for deposit in (str(building.DEPOSIT), str(building.DEPOSIT)[:-1] + "0"):
        assert verdict(browser, folder, f"#deposit={deposit}", bundle="bundle.zip")[0] == "核验通过。"


def test_what_does_not_hold_is_said(browser, folder):
    said, colour, _steps = verdict(browser, folder, bundle="bad.zip")
    assert (said[:6], colour) == ("核验不通过：", "vf-box vf-bad")
    said, colour, _steps = verdict(browser, folder, bundle="bundle.zip", opening="opening.json", file="other.txt")
    assert (said, colour) == ("核验不通过：文件的内容与存证时不同。", "vf-box vf-bad")
    said, colour, _steps = verdict(browser, folder, bundle="early.zip", policy="policy.txt")
    assert (said, colour) == ("日志签名有效，但证明尚不齐全，缺：时间戳。", "vf-box vf-part")


def test_it_may_load_nothing(folder):
    page = (folder / "verify.html").read_text(encoding="utf-8")
    assert re.search(r"Content-Security-Policy\" content=\"default-src 'none'; script-src 'sha256-", page)
    assert not re.search(r"(?:src|href)=|url\(|@import|https?://", page.replace("https://c2sp.org", ""))


@pytest.mark.django_db
def test_the_page_of_the_site_has_the_same_scripts(client):
    page = client.get("/verify/")
    text = page.content.decode()
    for name in ("hashes.js", "bundle.js", "verify-page.js"):
        assert f"evidence/{name}" in text
    assert json.loads(re.search(r'id="vf-words"[^>]*>(.*?)</script>', text, re.DOTALL)[1])["sentences"]
    assert client.get("/verify/verify.html").content == verify_html()
    assert client.get("/verify/verify.py").content.startswith(b"#!/usr/bin/env python3")
    assert client.get("/verify/other").status_code == 404
