"""Everything a comparison report states, as plain data (docs/formats/similarity-comparison.md)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from midun import __version__
from midun.lib.similarity.charmap import PIPELINE
from midun.lib.similarity.compare import Aligned, Finding
from midun.lib.similarity.documents import Document
from midun.lib.similarity.points import Point

FORMAT = "midun-comparison/1"
METHOD = (
    "两份材料先按公开的规范化规则统一（全半角、大小写、繁简、数字、标点、空白；代码去注释和排版，表格单元格取日期、数字、电话、文字的标准形式），"
    "再切成连续若干单位的片段计算指纹，找出相同的片段，按先后次序连成段落并向两端延伸。"
    "代码另按“变量改名不影响”的方式计算一遍。表格逐行比较，不受行、列次序影响。"
)
LIMITS = (
    (
        "本报告只陈述两份材料内容的重合，不作“实质相同”或者侵权的结论：是否实质相同由市场监督管理部门、人民法院依法认定，"
        "是否有条件接触、获取，有无合法来源，是另外的要件。"
    ),
    (
        "没有发现重合，不等于两份材料没有关系：完全改写的表述、翻译、只取思路的情形不在本方法之内；"
        "图片、扫描件没有文字层的部分未比对。"
    ),
    "分值（比特）是重合内容的信息量减去材料长短的影响，不是概率；误报率是同领域无关材料达到同一分值的比例。",
)
BASIS = (
    "《商业秘密保护规定》第二十条（实质相同与获取条件）、第二十二条（鉴定、专门知识的人的意见）；"
    "《最高人民法院关于审理侵犯商业秘密民事案件适用法律若干问题的规定》（法释〔2020〕7号）第十三条（实质上相同的考虑因素）、第二十七条（明确秘密点）。"
)
FACTORS = (
    ("被诉侵权信息与商业秘密的异同程度", "见各秘点的重合份额、段落对照和未覆盖部分"),
    ("所属领域的相关人员在被诉侵权行为发生时是否容易想到两者的区别", "软件不作判断，由鉴定人、专门知识的人说明"),
    ("两者的用途、使用方式、目的、效果等是否具有实质性差异", "软件不作判断"),
    (
        "公有领域中与商业秘密相关信息的情况",
        "公开材料（许可证文本、通用条款、标准库代码、权利人自认公开的内容）单列并降权",
    ),
    ("需要考虑的其他因素", "见材料摘要与未能读取的内容"),
)


def _document(document: Document) -> dict[str, Any]:
    return {
        "name": document.name,
        "size": document.size,
        "sha256": document.sha256,
        "sm3": document.sm3,
        "notices": list(document.notices),
    }


def _pieces(text: str, span: tuple[int, int], runs: Sequence[tuple[int, int]]) -> list[list[Any]]:
    """A stretch of text as [text, whether equal]."""
    out: list[list[Any]] = []
    at = span[0]
    for first, last in sorted(runs):
        begin, end = max(first, at), min(last, span[1])
        if begin >= end:
            continue
        if begin > at:
            out.append([text[at:begin], not text[at:begin].strip()])
        out.append([text[begin:end], True])
        at = end
    if at < span[1]:
        out.append([text[at : span[1]], False])
    return out


def _aligned(point: Point, each: Aligned, suspects: Sequence[Document]) -> dict[str, Any]:
    part = suspects[each.document].parts[each.part]
    return {
        "document": suspects[each.document].name,
        "place": part.place(each.b[0]),
        "a": list(each.a),
        "b": list(each.b),
        "form": each.form,
        "reordered": each.reordered,
        "public": each.public,
        "share": round(each.share, 4),
        "a_text": _pieces(point.part.text, each.a, [(r[0], r[1]) for r in each.same]),
        "b_text": _pieces(part.text, each.b, [(r[2], r[3]) for r in each.same]),
    }


def _finding(finding: Finding, suspects: Sequence[Document]) -> dict[str, Any]:
    text = finding.point.part.text
    return {
        "id": finding.point.identifier,
        "title": finding.point.title,
        "kind": finding.point.part.kind,
        "language": finding.point.part.language,
        "family": finding.family,
        "units": finding.units,
        "covered": round(finding.covered, 4),
        "verbatim": round(finding.verbatim, 4),
        "adapted": round(finding.adapted, 4),
        "reordered": round(finding.reordered, 4),
        "public": round(finding.public, 4),
        "conceded": list(finding.point.conceded),
        "evidence_bits": round(finding.evidence, 1),
        "above_threshold": finding.above,
        "false_positives": {
            "hits": finding.rate.hits,
            "trials": finding.rate.trials,
            "upper_95": round(finding.rate.upper, 6),
            "sentence": finding.rate.sentence(),
        },
        "passages": [_aligned(finding.point, each, suspects) for each in finding.aligned],
        "uncovered": [{"a": [a, b], "text": text[a:b]} for a, b in finding.uncovered if text[a:b].strip()]
        if finding.family != "table"
        else [],
        "rows": [
            {
                "document": suspects[r.document].name,
                "place": suspects[r.document].parts[r.part].place(0),
                "a": r.a + 1,
                "b": r.b + 1,
                "a_cells": list(r.cells),
                "b_cells": list(r.theirs),
                "changed": [{"column": c + 1, "a": x, "b": y} for c, x, y in r.changed],
            }
            for r in finding.rows
        ],
        "columns": [{"a": a + 1, "b": b + 1, "rows": n} for a, b, n in finding.columns],
        "functions": [{"a": a, "b": b, "share": round(s, 4)} for a, b, s in finding.functions],
        "renames": [{"a": a, "b": b, "times": n} for a, b, n in finding.renames],
    }


def facts(
    findings: Sequence[Finding],
    ours: Sequence[Document],
    theirs: Sequence[Document],
    *,
    at: datetime,
    command: str,
    points_sha256: str = "",
) -> dict[str, Any]:
    """The report as data. Equal input gives equal data."""
    return {
        "format": FORMAT,
        "made_at": at.isoformat(timespec="seconds"),
        "program": f"秘盾（midun）{__version__}",
        "pipeline": PIPELINE,
        "method": METHOD,
        "limits": list(LIMITS),
        "basis": BASIS,
        "factors": [list(f) for f in FACTORS],
        "command": command,
        "points_sha256": points_sha256,
        "a": [_document(d) for d in ours],
        "b": [_document(d) for d in theirs],
        "findings": [_finding(f, theirs) for f in findings],
    }
