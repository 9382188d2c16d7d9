"""Depositing in a real browser: nothing but commitments leaves, the opening proves the deposit without us."""

import hashlib
import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from midun.lib.tlog.commitment import Digests, Entry, Kind, digest_file, parse_entry
from midun.lib.tlog.manifest import Manifest
from midun.lib.tlog.opening import Opening
from midun.lib.tlog.proof import parse_proof

pytestmark = pytest.mark.journey

SECRET = "绝密配方 XYZZY-7731"
NAME = "喷丸工艺-机密-第七版"
MAKER = "张工-独有-0042"
DEPOSIT = re.compile(r"/deposits/[0-9a-f-]{36}/$")


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "研发资料-机密"
    (folder / "工艺").mkdir(parents=True)
    (folder / f"{NAME}.txt").write_text(SECRET * 1000, encoding="utf-8")
    (folder / "工艺" / "参数.csv").write_text("温度,1480\n", encoding="utf-8")
    return folder


@pytest.fixture
def watch():
    """Everything that a page sends: `watch(page)` gives a list that grows."""

    def begin(page):
        sent = []
        page.context.on("request", lambda r: sent.append((r.method, r.url, r.all_headers(), r.post_data_buffer or b"")))
        page.on("websocket", lambda socket: sent.append(("WS", socket.url, {}, b"")))
        return sent

    return begin


def axe_finds_nothing(page):
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
    assert [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found.response["violations"]] == []


def keep(page, folder):
    """Save the opening and choose it again, as careful people do."""
    page.get_by_text("丢了就什么也证明不了").wait_for()
    assert page.locator("[data-next]").is_disabled()
    with page.expect_download() as saved:
        page.get_by_role("button", name="保存开启信息文件").click()
    path = folder / saved.value.suggested_filename
    saved.value.save_as(path)
    page.set_input_files("[data-check]", path)
    page.get_by_text("核对无误").wait_for()
    page.get_by_role("button", name="下一步").click()
    return path


def receipt_of(page):
    """What the page's own download gives."""
    return page.evaluate("fetch(document.querySelector('a[download$=\".json\"]').href).then((a) => a.json())")


def bundle_of(page, folder):
    """The bundle, once the witnesses and the time-stamp of the demonstration have answered."""
    for _ in range(60):
        page.reload()
        if page.get_by_text("证明完备", exact=True).count():
            break
        page.wait_for_timeout(1000)
    assert "不是法定时间" in page.locator("main").inner_text(), "the demonstration's own parties are labelled"
    with page.expect_download() as saved:
        page.get_by_role("link", name="下载证明包").click()
    path = folder / "bundle.zip"
    saved.value.save_as(path)
    return path


def submitted(page):
    """Send it; the address of the deposit, or what the page said instead."""
    page.get_by_role("button", name="提交存证").click()
    told = page.locator("[data-problem]:not([hidden])")
    page.locator("[data-problem]:not([hidden]), main .course-three").first.wait_for(timeout=120_000)
    assert not told.count(), told.inner_text()
    page.wait_for_url(DEPOSIT)


def nothing_left(sent, digests, names):
    """Neither content, names, maker nor a bare digest (in hex, base64 or raw) in any request."""
    forbidden = [SECRET.encode(), NAME.encode(), MAKER.encode(), *(name.encode() for name in names)]
    for digest in digests:
        forbidden += [digest, digest.hex().encode(), digest.hex().upper().encode()]
    whole = [json.dumps([url, headers], ensure_ascii=False).encode() + b"\n" + body for _, url, headers, body in sent]
    assert any(b'"sha256"' in one for one in whole), "the commitments themselves were seen"
    for word in forbidden:
        assert not [one[:200] for one in whole if word in one], word


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_a_folder_is_deposited_and_nothing_but_commitments_leaves(visitors, files, tmp_path, watch, phone):
    page = visitors.person("enterprise", phone=phone)
    sent = watch(page)
    page.goto("/deposits/new/")
    axe_finds_nothing(page)
    page.set_input_files("input[webkitdirectory]", files)
    page.get_by_label("形成人").fill(MAKER)
    page.get_by_label("标注", exact=True).fill("R-21 可见")
    axe_finds_nothing(page)
    page.get_by_role("button", name="计算指纹").click()
    page.get_by_role("heading", name="保存开启信息文件").wait_for()
    axe_finds_nothing(page)
    assert not [one for one in sent if one[0] != "GET"], "nothing is sent before the opening is saved"
    path = keep(page, tmp_path)
    axe_finds_nothing(page)
    submitted(page)
    axe_finds_nothing(page)
    assert "R-21 可见" in page.locator("h1").inner_text()

    own = {p.relative_to(files).as_posix(): digest_file(p) for p in files.rglob("*") if p.is_file()}
    manifest = Manifest.read(path.read_bytes().splitlines(keepends=True))
    assert manifest.files == own
    assert json.loads(manifest.meta)["maker"] == MAKER
    receipt = receipt_of(page)
    entry = parse_entry(parse_proof(receipt["proof"].encode()).extra)
    manifest.open(f"{NAME}.txt").verify(entry, own[f"{NAME}.txt"])
    nothing_left(sent, [d for one in own.values() for d in (one.sha256, one.sm3)], own)
    (posted,) = {body for method, url, _, body in sent if method == "POST" and "/api/" in url}  # again if it was busy
    assert set(json.loads(posted)) == {"kind", "sha256", "sm3", "claimed_at", "project", "label"}
    assert "没有向平台出示" in page.locator("main").inner_text()

    page.set_input_files("#opening", path)
    page.get_by_text("以下内容将出示给平台").wait_for()
    page.get_by_role("button", name="出示来源说明").click()
    page.get_by_text("写入证明包。是否与存证时写下的一致").wait_for()
    assert MAKER in page.locator("main").inner_text()


def opened_one(page, manifest, name, folder):
    """The opening of one file of the set, made in a page of its own; nothing is posted meanwhile."""
    other = page.context.new_page()
    posted = []
    other.on("request", lambda request: posted.append(request.method))
    other.goto("/deposits/open/")
    axe_finds_nothing(other)
    drop(other, "[data-drop]", {"别的.jsonl": b"{}"})
    other.get_by_text("这不是一组文件的开启信息文件").wait_for()
    drop(other, "[data-drop]", {manifest.name: manifest.read_bytes()})
    other.get_by_label("查找").fill(NAME[:4])
    other.get_by_label(name).check()
    axe_finds_nothing(other)
    with other.expect_download() as saved:
        other.get_by_role("button", name="保存这个文件的开启信息").click()
    path = folder / saved.value.suggested_filename
    saved.value.save_as(path)
    assert set(posted) == {"GET"}
    other.close()
    return path


def drop(page, where, files):
    """Drop files on an element, as the desktop would."""
    data = page.evaluate_handle(
        """(files) => { const data = new DataTransfer();
          for (const [name, bytes] of files) data.items.add(new File([new Uint8Array(bytes)], name));
          return data; }""",
        [[name, list(content)] for name, content in files.items()],
    )
    page.dispatch_event(where, "dragover", {"dataTransfer": data})
    page.dispatch_event(where, "drop", {"dataTransfer": data})


def test_one_file_of_a_dropped_set_is_proved_without_its_siblings(visitors, files, tmp_path):
    """Dropped, deposited, one file opened, verified by the script of the bundle and on the page, by drop again."""
    page = visitors.person("enterprise")
    page.goto("/deposits/new/")
    own = files / f"{NAME}.txt"
    drop(page, "[data-drop]", {own.name: own.read_bytes(), "参数.csv": b"1480"})
    page.get_by_text("2 个文件").wait_for()
    page.get_by_role("button", name="计算指纹").click()
    path = keep(page, tmp_path)
    submitted(page)
    deposit = page.url
    opening = opened_one(page, path, own.name, tmp_path)
    manifest = Manifest.read(path.read_bytes().splitlines(keepends=True))
    sibling = manifest.files["参数.csv"]
    told = opening.read_text(encoding="utf-8")
    assert not [
        word for word in ("参数", sibling.sha256.hex(), sibling.sm3.hex(), manifest.set_key.hex()) if word in told
    ]
    page.goto(deposit)
    bundle = bundle_of(page, tmp_path)
    assert_verified_alone(bundle, opening, own, tmp_path)
    reader = visitors.person()
    reader.goto("/verify/")
    axe_finds_nothing(reader)
    drop(reader, "#vf-form", {one.name: one.read_bytes() for one in (bundle, opening, own)})
    reader.locator("#vf-result").wait_for()
    assert "vf-failed" not in reader.locator("#vf-result").inner_html()
    assert reader.locator("[data-name=file]").inner_text() == own.name
    drop(reader, "#vf-form", {"other.txt": b"x"})
    reader.locator("#vf-sentence.vf-bad").wait_for()


def test_one_file_of_a_large_set_is_found_and_opened(visitors, tmp_path):
    """Thousands of files (100,000 were measured, docs/benchmarks.md): a worker computes, the page goes on working."""
    files = {
        f"研发资料/{n // 100:02d}/检测报告-{n:05d}.pdf": Digests(n, n.to_bytes(32, "big"), bytes(32))
        for n in range(5000)
    }
    manifest = Manifest(bytes(range(32)), files)
    path = tmp_path / "大文件夹.jsonl"
    path.write_bytes(b"".join(manifest.lines()))
    page = visitors.person("enterprise")
    page.goto("/deposits/open/")
    page.set_input_files("[data-manifest]", path)
    page.get_by_text("只列出前 100 个，共 5,000 个").wait_for()
    page.get_by_label("查找").fill("研发资料/37 报告-03")
    page.get_by_text("研发资料/37/检测报告-03742.pdf").click()
    assert page.locator("[name=path]").count() == 100
    with page.expect_download() as saved:
        page.get_by_role("button", name="保存这个文件的开启信息").click()
    opening = Opening.parse(Path(saved.value.path()).read_bytes())
    assert opening.file == files["研发资料/37/检测报告-03742.pdf"]
    opening.verify(Entry(Kind.SET, manifest.commitment(), bytes(32), 0))
    assert page.evaluate("typeof midun") == "undefined", "the page itself hashes nothing"
    page.get_by_label("查找").fill("没有这个")
    page.get_by_text("没有这样的文件").wait_for()
    assert page.get_by_role("button", name="保存这个文件的开启信息").is_disabled()
    page.set_input_files("[data-manifest]", {"name": "x.jsonl", "mimeType": "", "buffer": path.read_bytes()[:-1]})
    page.get_by_text("这不是一组文件的开启信息文件").wait_for()
    axe_finds_nothing(page)


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_three_steps_for_somebody_new(visitors, files, tmp_path, watch, phone):
    page = visitors.person("secrecy", phone=phone)
    sent = watch(page)
    page.goto("/deposits/first/")
    axe_finds_nothing(page)
    page.set_input_files("input[multiple]:not([webkitdirectory])", files / f"{NAME}.txt")
    page.get_by_role("button", name="就是它，下一步").click()
    page.get_by_role("heading", name="保存钥匙").wait_for()
    assert page.locator("[aria-current=step]").inner_text().split() == ["2", "存钥匙"]
    path = keep(page, tmp_path)
    assert page.locator("[aria-current=step]").inner_text().split() == ["3", "提交"]
    submitted(page)
    file = digest_file(files / f"{NAME}.txt")
    opening = Opening.parse(path.read_bytes())
    opening.verify(parse_entry(parse_proof(receipt_of(page)["proof"].encode()).extra), file)
    nothing_left(sent, [file.sha256, file.sm3], [f"{NAME}.txt"])
    assert opening.commitment()[1].sha256.hex()[:8] in path.name
    if not phone:
        assert_verified_alone(bundle_of(page, tmp_path), path, files / f"{NAME}.txt", tmp_path)


def assert_verified_alone(bundle, opening, file, folder):
    """The verifier out of the bundle says so, and says no for another file."""
    with zipfile.ZipFile(bundle) as archive:
        (folder / "verify.py").write_bytes(archive.read("verify.py"))
    other = folder / "other.txt"
    other.write_text("x", encoding="utf-8")
    command = [sys.executable, "-I", str(folder / "verify.py"), "--opening", str(opening), str(bundle)]
    right = subprocess.run([*command, str(file)], capture_output=True, text=True, check=False)
    wrong = subprocess.run([*command, str(other)], capture_output=True, text=True, check=False)
    assert right.returncode == 0, right.stdout + right.stderr
    assert wrong.returncode != 0, wrong.stdout


def test_a_refused_deposit_is_told_and_sent_again(visitors, files, tmp_path):
    page = visitors.person("enterprise")
    page.goto("/deposits/new/")
    page.set_input_files("input[multiple]:not([webkitdirectory])", files / f"{NAME}.txt")
    page.get_by_role("button", name="计算指纹").click()
    keep(page, tmp_path)
    page.context.set_offline(True)
    page.get_by_role("button", name="提交存证").click()
    page.get_by_text("没有收到平台的答复").wait_for()
    page.context.set_offline(False)
    submitted(page)


def test_what_cannot_be_deposited_is_said(visitors, tmp_path):
    page = visitors.person("enterprise")
    page.goto("/deposits/new/")
    page.evaluate(
        """() => { const data = new DataTransfer();
          data.items.add(new File(["a"], "同名.txt")); data.items.add(new File(["b"], "同名.txt"));
          const input = document.querySelector("input[multiple]:not([webkitdirectory])");
          input.files = data.files; input.dispatchEvent(new Event("change")); }"""
    )
    page.get_by_text("有重名的，无法区分").wait_for()
    big = tmp_path / "大文件.bin"
    with big.open("wb") as file:
        file.truncate(1 << 30)
    page.set_input_files("input[multiple]:not([webkitdirectory])", big)
    page.get_by_role("button", name="计算指纹").click()
    page.get_by_role("button", name="取消计算").click()
    page.get_by_role("heading", name="已选好的文件").wait_for()
    assert page.locator("[data-part=keep]").is_hidden()


def test_handed_to_a_notary_who_confirms(visitors, files, tmp_path):
    page = visitors.person("enterprise")
    page.goto("/deposits/new/")
    page.set_input_files("input[multiple]:not([webkitdirectory])", files / f"{NAME}.txt")
    page.get_by_label("标注", exact=True).fill("公证用")
    page.get_by_role("button", name="计算指纹").click()
    keep(page, tmp_path)
    submitted(page)
    deposit = page.url
    page.goto("/deposits/handoffs/new/")
    axe_finds_nothing(page)
    page.get_by_label("用途").fill("纠纷的证据保全")
    page.get_by_label("公证机构").select_option(index=1)
    page.locator("label", has_text="公证用").first.locator("input").check()
    page.get_by_role("button", name="生成移交文件").click()
    page.get_by_role("link", name="下载移交文件").wait_for()
    axe_finds_nothing(page)

    notary = visitors.person("notary", phone=True)
    notary.goto("/deposits/received/")
    notary.get_by_role("link", name="上海云帆新材料有限公司").first.click()
    notary.get_by_role("button", name="接收").click()
    axe_finds_nothing(notary)
    with notary.expect_download() as saved:
        notary.get_by_role("link", name="下载移交文件").click()
    with zipfile.ZipFile(io.BytesIO(saved.value.path().read_bytes())) as archive:
        assert any(name.startswith("证明包/") for name in archive.namelist())
        (receipt,) = [json.loads(archive.read(name)) for name in archive.namelist() if name.startswith("回执/")]
        assert receipt["deposit"] in deposit
        assert archive.read("02-核验记录.pdf").startswith(b"%PDF")
        whole = b"".join(archive.read(name) for name in archive.namelist())
    assert NAME.encode() not in whole
    assert hashlib.sha256((files / f"{NAME}.txt").read_bytes()).hexdigest().encode() not in whole
    notary.get_by_label("相符：文件、开启信息与证明包一致").check()
    notary.get_by_label("核验意见").fill("（2026）浦江证字第 7 号")
    notary.get_by_role("button", name="登记").click()
    page.goto(deposit)
    assert "浦江证字第 7 号" in page.locator("main").inner_text()
