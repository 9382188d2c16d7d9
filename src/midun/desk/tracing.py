"""Tracing a leak: what was found, how sure it is, what the registry says, and where in the image the mark lies."""

import datetime as dt
import hashlib
import json
import math
import secrets
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from midun.desk.keys import Home
from midun.desk.log_proofs import log_facts
from midun.desk.maps import maps_of
from midun.desk.web import Wrong
from midun.kernel.documents.pdf import compile_pdf
from midun.lib.marking.code.message import write_id
from midun.lib.marking.documents.files import read
from midun.lib.marking.errors import Refused
from midun.lib.marking.issue import label_of
from midun.lib.marking.keys import MarkKey
from midun.lib.marking.manifest import opening
from midun.lib.marking.registry import Issued, Registry
from midun.lib.marking.trace import Attribution, trace

BEIJING = ZoneInfo("Asia/Shanghai")
FORMAT = "midun-trace-report/1"
CARRIERS = {
    "image": "图像密标",
    "pdf-layer": "PDF 页面底纹",
    "pdf-glyphs": "PDF 字位微移",
    "office-layer": "Office 页面底纹或图片",
    "text": "文字中的密标",
}
_TIMES = dict(enumerate(("十", "百", "千", "万", "十万", "百万", "千万", "一亿", "十亿", "百亿", "千亿", "一万亿"), 1))


def traced(path: Path, home: Home, at: dt.datetime) -> tuple[dict[str, Any], list[bytes]]:
    """The facts of the report (docs/formats/trace-report.md), and the drawings of its maps.

    Raises:
        Refused: the file cannot be read, or there is no key or no registry here.

    """
    data, keys = read(path), home.mark_keys()
    registry = Registry(home.registry, create=False)
    try:
        issued = {key.fingerprint: registry.ids(key.fingerprint) for key in keys}
        found = trace(data, path.suffix, keys, issued)
        rows = {one.copy_id: registry.get(one.copy_id) for one in found}
        same = registry.of_content(hashlib.sha256(data).hexdigest())
        original = registry.of_source(hashlib.sha256(data).hexdigest())
    finally:
        registry.close()
    maps = list(maps_of(data, found))
    facts = {
        "format": FORMAT,
        "at": at.isoformat(),
        "leak": {"name": path.name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()},
        "looked": {"keys": [_key(key) for key in keys], "copies": sum(map(len, issued.values()))},
        "found": [_found(one, rows[one.copy_id], home) for one in found],
        "identical_to": _row(same),
        "is_original": original is not None,
        "label": label_findings(path, data, rows),
        "maps": [
            {
                "place": one.place,
                "width": one.width,
                "height": one.height,
                "drawing": f"map-{number}.png",
                "cells": one.cells,
            }
            for number, one in enumerate(maps, 1)
        ],
    }
    return facts, [one.drawing for one in maps]


def _key(key: MarkKey) -> dict[str, object]:
    return {"number": key.number, "fingerprint": key.fingerprint}


def _found(one: Attribution, row: Issued | None, home: Home) -> dict[str, Any]:
    opens = opening(row, one.key) if row and row.copy else None
    return {
        "copy": write_id(one.copy_id),
        "carrier": one.carrier,
        "carrier_name": CARRIERS[one.carrier],
        "place": one.place,
        "log10_error": round(one.log10_error, 2),
        "chance": chance(one.log10_error),
        "registry": _row(row),
        "opening": asdict(opens) if opens else None,
        "commitment": opens.commitment if opens else "",
        "log": log_facts(home, opens) if opens else None,
        "issued": f"{dt.datetime.fromisoformat(row.at).astimezone(BEIJING):%Y-%m-%d %H:%M}" if row else "",
    }


def chance(log10_error: float) -> str:
    """The bound on the error as people read it."""
    power = math.floor(-log10_error)
    return "不能确定" if power < 1 else f"不超过{_TIMES.get(power, '一万亿')}分之一（10 的 -{power} 次方）"


def _row(row: Issued | None) -> dict[str, Any] | None:
    return None if row is None else {**asdict(row), "copy_id": row.copy_id.hex()}


def label_findings(path: Path, data: bytes, rows: dict[bytes, Issued | None]) -> list[str]:
    """What label and mark say of each other."""
    try:
        held = label_of(path, data)
    except Refused as error:
        return [f"密级标识：{error}"]
    labelled = [row for row in rows.values() if row is not None and row.label]
    if held is None:
        return ["副本发出时带有密级标识，此文件中没有：标识已被去除，或文件经过转换、截图。"] if labelled else []
    findings = [] if held.signatures_hold() else ["密级标识的签名不成立：内容已被改动。"]
    copy = held.label.copy
    if copy is not None and bytes.fromhex(copy.id) not in rows:
        findings.append(
            f"密级标识称此文件是副本 {write_id(bytes.fromhex(copy.id))}，但未检出该密标：密标可能已被去除。"
        )
    return findings


class Report:
    """A trace in its folder: `report.json`, and `map-N.png` for each of its maps."""

    def __init__(self, home: Home, number: str) -> None:
        self.number = number
        self.folder = home.path / "desk" / "traces" / number
        try:
            self.facts: dict[str, Any] = json.loads((self.folder / "report.json").read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise Wrong(404, "没有这份追溯报告。") from error

    @classmethod
    def keep(cls, home: Home, facts: dict[str, Any], drawings: Sequence[bytes]) -> "Report":
        """Write a report down."""
        number = secrets.token_hex(8)
        folder = home.path / "desk" / "traces" / number
        folder.mkdir(parents=True, mode=0o700)
        for shown, drawing in zip(facts["maps"], drawings, strict=True):
            (folder / shown["drawing"]).write_bytes(drawing)
        (folder / "report.json").write_text(json.dumps(facts, ensure_ascii=False, indent=2), "utf-8")
        return cls(home, number)

    @classmethod
    def all(cls, home: Home) -> list["Report"]:
        """Every report, newest first."""
        folder = home.path / "desk" / "traces"
        found = [cls(home, path.parent.name) for path in folder.glob("*/report.json")]
        return sorted(found, key=lambda one: str(one.facts["at"]), reverse=True)

    @property
    def at(self) -> dt.datetime:
        """When it was made."""
        return dt.datetime.fromisoformat(self.facts["at"])

    @property
    def json(self) -> bytes:
        """The facts as they were written."""
        return (self.folder / "report.json").read_bytes()

    def drawing(self, number: str) -> Path:
        """The drawing of a map, counted from 1.

        Raises:
            Wrong: 404.

        """
        names: dict[str, str] = {str(count): one["drawing"] for count, one in enumerate(self.facts["maps"], 1)}
        if number not in names:
            raise Wrong(404, "没有图像。")
        return self.folder / names[number]

    def disclosure(self, number: str) -> bytes:
        """The file that shows the copy of a finding, counted from 1, with its proof (docs/formats/copy-disclosure.md).

        Raises:
            Wrong: 404, there was no proof when the report was made.

        """
        held = {str(count): one["log"] for count, one in enumerate(self.facts["found"], 1) if one["log"]}
        if number not in held:
            raise Wrong(404, "报告中没有这份副本的存证证明。")
        return json.dumps(held[number]["disclosure"], ensure_ascii=False, indent=1).encode()

    @property
    def names(self) -> list[str]:
        """Whose copy it is, by what was found; each once."""
        rows = [one["registry"] for one in self.facts["found"]]
        return list(dict.fromkeys(row["recipient"] for row in rows if row))

    def pdf(self) -> bytes:
        """The report for printing and for the file. Equal input gives equal bytes."""
        images = {one["drawing"]: (self.folder / one["drawing"]).read_bytes() for one in self.facts["maps"]}
        made = f"{self.at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"
        digest = hashlib.sha256(self.json).hexdigest()
        found = [{**one, "log": _printed(one["log"])} for one in self.facts["found"]]
        maps = [{"place": one["place"], "drawing": one["drawing"]} for one in self.facts["maps"]]
        shown = {
            **self.facts,
            "found": found,
            "maps": maps,
            "made": made,
            "names": self.names,
            "digest": digest,
            "is_image": [one["place"] for one in maps] == ["图像"],
        }
        return compile_pdf("trace.typ", shown, at=self.at, images=images)


def _printed(log: dict[str, Any] | None) -> dict[str, Any] | None:
    """The proof as it is printed: without the bytes that prove it, which the JSON holds."""
    if log is None:
        return None
    stamps = [
        {**one, "said": f"{dt.datetime.fromisoformat(one['time']).astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"}
        for one in log["stamps"]
    ]
    return {**{name: value for name, value in log.items() if name != "disclosure"}, "stamps": stamps}
