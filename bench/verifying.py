"""Verifying a proof bundle, by each of the three verifiers; and a folder of ten thousand files beside `sha256sum`."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from statistics import median

from bench.table import Report, Table, count, ratio
from midun.client.deposit import digest_folder
from midun.evidence.verifiers import SCRIPTS, words
from midun.lib.bundle.single_file import verify_py
from midun.lib.bundle.verifying import verify_bundle
from midun.lib.timestamp.keys import KeyKind
from midun.lib.tlog.manifest import Manifest, scan
from tests.browser import ScriptPage
from tests.lib.bundle import building
from tools.product import find_chromium

TITLE = "核验证明包；一万个文件的文件夹"
_STATIC = Path(__file__).resolve().parent.parent / "src/midun/evidence/static/evidence"
_FILES, _MEAN = 10_000, 100_000
_ROUNDS = 20
_BROWSER = """([data, opening]) => {
  const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const [bundle, shown] = [bytes(data), bytes(opening)], took = [];
  for (let i = 0; i < 21; i++) {
    const begin = performance.now();
    if (midun.verifyBundle(bundle, { opening: shown }).status !== "valid") throw new Error("not valid");
    took.push(performance.now() - begin);
  }
  return took;
}"""


def run(*, size: float) -> Report:
    """All of it, at `size` times ten thousand files."""
    return Report("verifying", TITLE, [_bundles(), _folder(max(10, int(_FILES * size)))])


def _case() -> building.Case:
    """Two log signatures (Ed25519, SM2), two witnesses, time-stamps of P-256 and SM2, the real papers' weight."""
    case = building.development(building.one_file(), [KeyKind.P256, KeyKind.SM2])
    papers = {"verify.py": verify_py(), "certificate.pdf": os.urandom(120_000), "verify.html": os.urandom(100_000)}
    return case.with_bundle(papers=papers)


def _bundles() -> Table:
    case = _case()
    data, opening = case.bundle.encode(), case.opening
    names: dict[str, object] = {"__name__": "verify"}
    exec(compile(verify_py(), "verify.py", "exec"), names)  # noqa: S102  # our own file, as people run it
    pure: Callable[..., dict[str, object]] = names["check_bundle"]  # type: ignore[assignment]  # defined there
    rows = [
        _here("程序库（快）", lambda: verify_bundle(data, opening=opening), 5),
        _here("verify.py，纯 Python", lambda: pure(data, opening=opening), 50),
        _row("verify.py，连同启动解释器", [_process(data, opening) for _ in range(5)], None),
    ]
    if find_chromium():
        took = _in_browser(data, opening)
        rows += [_row("浏览器，页面打开后第一次", took[:1], 200), _row("浏览器，此后", took[1:], 200)]
    note = (
        f"证明包 {len(data) / 1024:.0f} KB：日志签名 Ed25519 与 SM2，两个见证方，"
        "P-256 与 SM2 时间戳各一，各两张证书；并打开存证。处理器时间不受同时运行的其他程序影响。"
    )
    return Table("核验一个证明包", ["核验工具", "中位数", "处理器时间", "目标"], rows, note)


def _timed(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return (time.perf_counter() - begin) * 1000


def _row(name: str, took: list[float], goal: int | None, own: float | None = None) -> list[str]:
    spent = "" if own is None else f"{own:.1f} ms"
    return [name, f"{median(took):.1f} ms", spent, f"≤ {goal} ms" if goal else ""]


def _here(name: str, act: Callable[[], object], goal: int) -> list[str]:
    took, own = [], []
    for _ in range(_ROUNDS):
        begin = time.process_time()
        took.append(_timed(act))
        own.append((time.process_time() - begin) * 1000)
    return _row(name, took, goal, median(own))


def _process(data: bytes, opening: bytes) -> float:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in {"verify.py": verify_py(), "b.zip": data, "o.json": opening}.items():
            (Path(folder) / name).write_bytes(content)
        command = [sys.executable, "-I", "verify.py", "b.zip", "--opening", "o.json"]
        return _timed(lambda: subprocess.run(command, cwd=folder, check=True, capture_output=True))


def _in_browser(data: bytes, opening: bytes) -> list[float]:
    with ScriptPage(_STATIC, [name for name in SCRIPTS if name != "verify-page.js"]) as page:
        page.evaluate("(words) => { midun.words = words; }", words())
        took: list[float] = page.evaluate(_BROWSER, [b64encode(data).decode(), b64encode(opening).decode()])
    return took


def _folder(files: int) -> Table:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        total = _fill(folder, files)
        reading = min(_timed(lambda: _read(folder)) for _ in range(2))
        took = {
            "只读（下限）": reading,
            "sha256sum": _timed(lambda: _shell(folder, "sha256sum")),
            "openssl dgst -sm3": _timed(lambda: _shell(folder, "openssl dgst -sm3")) if shutil.which("openssl") else 0,
            "存证：SHA-256 + SM3 + 清单，单线程": _timed(lambda: Manifest.of_folder(folder, bytes(32))),
            "存证：midun deposit 的做法": _timed(lambda: Manifest(bytes(32), digest_folder(folder, folder.parent))),
        }
    base = took["sha256sum"]
    rows = [
        [what, f"{total / 1e3 / each:,.0f} MB/s", ratio(base / each), f"{count(files / each * 1000)} 个/秒"]
        for what, each in took.items()
        if each
    ]
    note = (
        f"{count(files)} 个文件，共 {total / 1e6:,.0f} MB，在页缓存里。存证要算两种摘要，"
        "SM3 没有处理器指令，决定了速度：两种摘要之和是它的下限。"
    )
    return Table("文件夹", ["做什么", "速度", "比 sha256sum", "文件"], rows, note)


def _fill(folder: Path, files: int) -> int:
    block, total = os.urandom(2 * _MEAN), 0
    for number in range(files):
        place = folder / f"{number // 500:03}"
        place.mkdir(exist_ok=True)
        length = _MEAN // 2 + number * 7919 % _MEAN
        (place / f"{number}.dat").write_bytes(number.to_bytes(8, "big") + block[: length - 8])
        total += length
    return total


def _read(folder: Path) -> None:
    for path in scan(folder).files:
        (folder / path).read_bytes()


def _shell(folder: Path, tool: str) -> None:
    command = f"find . -type f -print0 | xargs -0 -n 1000 {tool} > /dev/null"
    subprocess.run(["sh", "-c", command], cwd=folder, check=True)
