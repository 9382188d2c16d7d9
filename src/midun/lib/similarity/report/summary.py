"""What may leave an enterprise of a comparison: digests and shares, no content (docs/formats/similarity-summary.md)."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from midun.lib.similarity.calibration import Rate, rate, threshold
from midun.lib.similarity.charmap import PIPELINE
from midun.lib.similarity.errors import SimilarityError
from midun.lib.similarity.points import MOST
from midun.lib.similarity.report.facts import FORMAT as REPORT

FORMAT = "midun-comparison-summary/1"
LARGEST = 1 << 20
LARGEST_REPORT = 64 << 20
MOST_INPUTS = 2_000
FAMILIES = ("text", "code", "table")
SHARES = ("covered", "verbatim", "adapted", "reordered", "public")
_SLACK = 2e-4
"""Shares are rounded to four digits."""
_HEX = re.compile(r"[0-9a-f]{64}")
_TEXT = {"program": 60, "pipeline": 60, "title": 200}


class BadReport(SimilarityError):
    """The file is not a whole report, or contradicts itself."""


def _require(held: object, what: str) -> None:
    if not held:
        raise BadReport(f"报告核验不通过：{what}。")


def _digest(value: object, what: str, *, empty: bool = False) -> str:
    _require(isinstance(value, str) and (_HEX.fullmatch(value) or (empty and not value)), f"{what}不是完整的摘要")
    return str(value)


def _number(value: object, low: float, high: float, what: str) -> float:
    _require(isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high, f"{what}不合理")
    return float(value)  # type: ignore[arg-type]  # checked above


def _words(value: object, what: str) -> str:
    fits = isinstance(value, str) and len(value) <= _TEXT[what] and value.isprintable()
    _require(fits, f"{what}不是一行文字")
    return str(value)


def _title(value: object) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in str(value)).split())
    return line[: _TEXT["title"]]


def _moment(value: object) -> str:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise BadReport("报告核验不通过：时间写法不对。") from error
    _require(moment.tzinfo is not None, "时间没有时区")
    return str(value)


def _inputs(value: object) -> list[dict[str, Any]]:
    _require(isinstance(value, list) and 0 < len(value) <= MOST_INPUTS, f"材料应有 1 至 {MOST_INPUTS} 份")
    found = []
    for each in value if isinstance(value, list) else ():
        _require(isinstance(each, dict), "材料写法不对")
        size = int(_number(each.get("size"), 0, 1 << 50, "材料大小"))
        # What could not be opened has no digest; it stands in the report as a notice.
        sha256 = _digest(each.get("sha256"), "材料的 SHA-256 ", empty=True)
        sm3 = _digest(each.get("sm3"), "材料的 SM3 ", empty=True)
        found.append({"size": size, "sha256": sha256, "sm3": sm3})
    return found


def _point(raw: object, number: int, *, titled: bool) -> dict[str, Any]:
    what = f"秘点 {number} 的"
    _require(isinstance(raw, dict) and raw.get("family") in FAMILIES, f"{what}类别不对")
    if not isinstance(raw, dict):
        raise BadReport("报告核验不通过。")
    shares = {name: _number(raw.get(name), 0, 1, f"{what}份额") for name in SHARES}
    parts = shares["verbatim"] + shares["adapted"]
    _require(abs(parts - shares["covered"]) <= _SLACK, f"{what}相同与有改动之和不等于重合份额")
    for name in ("reordered", "public"):
        _require(shares[name] <= shares["covered"] + _SLACK, f"{what}份额超过重合份额")
    bits = _number(raw.get("evidence_bits"), -1e9, 1e9, f"{what}分值")
    above = raw.get("above_threshold")
    _require(isinstance(above, bool), f"{what}是否达到阈值没有写明")
    rates = raw.get("false_positives")
    _require(isinstance(rates, dict), f"{what}误报率没有写明")
    stated = rates if isinstance(rates, dict) else {}
    return {
        "number": number,
        "title": _title(raw.get("title")) if titled else "",
        "family": raw["family"],
        "units": int(_number(raw.get("units"), 0, 1 << 40, f"{what}单位数")),
        **shares,
        "evidence_bits": bits,
        "above_threshold": above,
        "false_positives": {
            "hits": int(_number(stated.get("hits"), 0, 1 << 40, f"{what}误报数")),
            "trials": int(_number(stated.get("trials"), 0, 1 << 40, f"{what}试验数")),
            "upper_95": _number(stated.get("upper_95"), 0, 1, f"{what}误报率上限"),
        },
    }


def _calibrated(points: Sequence[Mapping[str, Any]]) -> None:
    """Scores of the pipeline this program has must carry the error rates that were measured for them."""
    for point in points:
        bits, family, what = point["evidence_bits"], point["family"], f"秘点 {point['number']} 的"
        if abs(bits - threshold(family)) > 0.05:  # noqa: PLR2004  # bits are rounded to one digit
            _require(point["above_threshold"] == (bits >= threshold(family)), f"{what}分值与是否达到阈值不一致")
        allowed = {rate(family, bits + shift).hits for shift in (-0.05, 0.0, 0.05)}
        stated = point["false_positives"]
        measured = Rate(stated["hits"], rate(family, bits).trials)
        _require(stated["trials"] == measured.trials, f"{what}误报率不是本方法测得的")
        _require(min(allowed) <= stated["hits"] <= max(allowed), f"{what}误报率与分值不符")
        _require(abs(stated["upper_95"] - measured.upper) <= _SLACK, f"{what}误报率上限算错")


def _summary(raw: Mapping[str, Any], points: object, sha256: str, *, titled: bool) -> dict[str, Any]:
    _require(isinstance(points, list) and 0 < len(points) <= MOST, f"应有 1 至 {MOST} 个秘点")
    listed = points if isinstance(points, list) else []
    _require(raw.get("pipeline") == PIPELINE, f"方法版本不是本平台能核验的 {PIPELINE}")
    made: dict[str, Any] = {
        "format": FORMAT,
        "report_sha256": _digest(sha256, "报告"),
        "made_at": _moment(raw.get("made_at")),
        "program": _words(raw.get("program"), "program"),
        "pipeline": _words(raw.get("pipeline"), "pipeline"),
        "points_sha256": _digest(raw.get("points_sha256"), "秘点文件", empty=True),
        "a": _inputs(raw.get("a")),
        "b": _inputs(raw.get("b")),
        "points": [_point(each, number, titled=titled) for number, each in enumerate(listed, 1)],
    }
    _calibrated(made["points"])
    return made


def _loaded(data: bytes, most: int) -> dict[str, Any]:
    _require(len(data) <= most, f"文件超过 {most >> 20} MB")
    try:
        raw = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadReport("报告核验不通过：不是完整的 JSON 文件。") from error
    if not isinstance(raw, dict):
        raise BadReport("报告核验不通过：不是比对报告。")
    return raw


def summarised(data: bytes, *, titles: bool) -> dict[str, Any]:
    """The summary of a full report (`report.json`), after checking it as far as the report itself allows.

    Checked: format, method, digests, ranges, that the shares add up, and that each score carries the error rate that
    was measured for it. Not checked, because the inputs are needed for it: that the passages are in them. Titles of
    points are kept only with `titles`. Raises `BadReport`.
    """
    raw = _loaded(data, LARGEST_REPORT)
    _require(raw.get("format") == REPORT, f"不是 {REPORT} 格式的比对报告（report.json）")
    findings = raw.get("findings")
    for number, finding in enumerate(findings if isinstance(findings, list) else (), 1):
        _grounded(finding, number)
    return _summary(raw, findings, hashlib.sha256(data).hexdigest(), titled=titles)


def _grounded(finding: object, number: int) -> None:
    """A finding that claims overlap shows it: passages, or rows of a table."""
    if isinstance(finding, dict) and isinstance(finding.get("covered"), int | float) and finding["covered"] > 0:
        shown = finding.get("rows") if finding.get("family") == "table" else finding.get("passages")
        _require(isinstance(shown, list) and shown, f"秘点 {number} 写有重合份额，却没有对照的段落")


def parse_summary(data: bytes) -> dict[str, Any]:
    """A summary (`summary.json`) as it was handed in; members that do not belong there are refused, not dropped.

    Raises `BadReport`.
    """
    raw = _loaded(data, LARGEST)
    _require(raw.get("format") != REPORT, "这是含有秘点内容的完整报告，请选择同一文件夹中的 summary.json")
    _require(raw.get("format") == FORMAT, f"不是 {FORMAT} 格式的报告摘要（summary.json）")
    made = _summary(raw, raw.get("points"), str(raw.get("report_sha256", "")), titled=True)
    if raw != made:
        raise BadReport("报告核验不通过：摘要中有多余或改写过的内容，请用 midun compare 生成的 summary.json 原样提交。")
    return made


def encode(summary: Mapping[str, Any]) -> bytes:
    """The bytes of `summary.json`: equal summaries give equal bytes."""
    return (json.dumps(summary, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
