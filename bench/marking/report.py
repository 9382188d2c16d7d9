"""The whole comparison as tables for docs/benchmarks.md."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import median

import cv2

from bench.marking.attacks import ATTACKS
from bench.marking.corpus import Picture, corpus
from bench.marking.false_ids import FalseIds, false_ids
from bench.marking.measure import Result, run
from bench.marking.memory import SIDES, Large, large
from bench.marking.systems import PEERS, Ours, Peer, photographs, prepare_peers
from bench.table import Report, Table
from midun.lib.marking.keys import MarkKey

KINDS = {"photo": "照片", "page": "文档页", "drawing": "图纸", "screen": "界面截图"}
GROUPS = {
    "clean": "原样",
    "jpeg": "JPEG 90/70/50",
    "jpeg30": "JPEG 30",
    "resize": "缩放（不还原）",
    "resize-back": "缩放后还原",
    "crop": "裁剪（留 10–75% 面积）",
    "rotate": "旋转、90°、镜像、反相",
    "tone": "亮度、对比度、伽马",
    "noise": "噪声",
    "blur": "模糊、中值",
    "overlay": "灰度、遮盖、调色板",
    "screenshot": "截屏、聊天转发",
    "combined": "组合",
    "print-scan": "打印扫描（模拟）",
    "photograph": "拍照（模拟）",
}
KEY = MarkKey(bytes(range(32)), 1)
PEER_STEP = {"blind_watermark": 3, "dwtDct": 3, "dwtDctSvd": 3, "rivaGan": 9}
"""Every how many pictures a peer is tried: they are slow."""


def _measured(name: str, pictures: Sequence[Picture]) -> Result:
    if name == Ours.name:
        return run(Ours(KEY), pictures, ATTACKS)
    peer = Peer(name)
    try:
        kinds = ("photo",) if name == "rivaGan" else tuple(KINDS)
        return run(peer, [p for p in pictures[:: PEER_STEP[name]] if p.kind in kinds], ATTACKS)
    finally:
        peer.close()


def report(size: float = 1.0, split: str = "reporting") -> Report:
    """Measure ours and, where they could be installed, the peers. `size` below 1 takes fewer pictures."""
    cv2.setNumThreads(1)
    missing = prepare_peers()
    pictures = list(corpus(split, photographs()))
    pictures = pictures[:: max(1, round(1 / size))]
    names = [Ours.name, *(() if missing else PEERS)]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda name: _measured(name, pictures), names))
    trial = false_ids(pictures, KEY, size)
    rest = [false_table(trial), large_table(large(SIDES if size == 1.0 else SIDES[:1]))]
    return Report("marking", "密标：从泄露的副本中读出 64 位编号", [*tables(results, missing), *rest])


def large_table(rows: Sequence[Large]) -> Table:
    """Memory and time of large images."""
    cells = [
        [
            f"{row.megapixels:.0f}",
            f"{row.marking:.1f} 倍",
            f"{row.both:.1f} 倍",
            f"{row.embed:.1f} s",
            f"{row.detect:.1f} s",
            "是" if row.right else "否",
        ]
        for row in rows
    ]
    heads = ["百万像素", "写入时内存峰值", "写入并读出", "写入 CPU", "读出 CPU", "读出正确"]
    note = "内存为进程峰值减去空进程，除以图像本身（8 位 RGB）；目标不超过 12 倍。"
    return Table("大图", heads, cells, note)


def false_table(trial: FalseIds) -> Table:
    """What wrong keys gave, and what follows."""
    rows = [
        ["用错误密钥完整检测的图", f"{trial.detections:,}，给出编号 {trial.given}"],
        ["其中一张图最多核对的码字（上限 40）", f"{trial.most_words}"],
        ["译出的码字在错误密钥下核对", f"{trial.checks:,} 次，通过 {trial.passed}"],
        ["校验的前 8 位碰巧相符", f"{trial.eight}（理论 {trial.checks / 256:.0f}）"],
        ["校验的前 16 位碰巧相符", f"{trial.sixteen}（理论 {trial.checks / 65_536:.1f}）"],
    ]
    note = (
        "编号要被采信，40 位的 HMAC 须全部相符。上面核对的是：它的各位与随机抽取无异，每图核对的码字不超过 40 个；"
        "由此每图每密钥给出错误编号的概率不超过 40 × 2⁻⁴⁰ ≈ 3.7×10⁻¹¹，与图像内容无关。"
    )
    return Table("错误密钥", ["", "次数"], rows, note)


def tables(results: Sequence[Result], missing: str) -> list[Table]:
    """Recovery by kind and by what happened; quality and speed."""
    heads = ["", *(f"{r.system}（{len(r.cases)} 例）" for r in results)]
    recovery = [["全部", *(_share(r.share()) for r in results)]]
    recovery += [[KINDS[kind], *(_share(r.share(kind=kind)) for r in results)] for kind in KINDS]
    recovery += [[GROUPS[group], *(_share(r.share(group=group)) for r in results)] for group in GROUPS]
    recovery.append(["给出错误编号", *(_share((sum(c.wrong for c in r.cases), len(r.cases))) for r in results)])
    note = "打印扫描与拍照是程序模拟的，未用真机拍摄。rivaGan 只有 32 位，只在照片上测。" + missing
    quality = [[f"PSNR／SSIM，{KINDS[kind]}", *(_quality(r, kind) for r in results)] for kind in KINDS]
    quality.append(["写入，CPU 毫秒／百万像素", *(f"{median(r.embedding):.0f}" for r in results)])
    quality.append(["读出，CPU 毫秒／百万像素", *(f"{r.detecting():.0f}" for r in results)])
    quality.append(["未加密标的图，CPU 毫秒／百万像素", *(f"{median(r.rejecting):.0f}" for r in results)])
    quality.append(["未加密标却给出编号", *(f"{r.false}/{r.unmarked}" for r in results)])
    return [Table("完整读出的比例", heads, recovery, note), Table("画质与速度（中位数）", heads, quality)]


def _share(pair: tuple[int, int]) -> str:
    return f"{100 * pair[0] / pair[1]:.1f}%" if pair[1] else "—"


def _quality(result: Result, kind: str) -> str:
    values = result.quality.get(kind)
    if not values:
        return "—"
    return f"{median(v[0] for v in values):.1f}／{median(v[1] for v in values):.3f}"
