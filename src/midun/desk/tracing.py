"""Tracing a leak: what was found, how sure it is, what the registry says, and where in the image the mark lies."""

import datetime as dt
import hashlib
import io
import json
import math
import secrets
from dataclasses import asdict
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import cv2
import numpy as np
from PIL import Image, ImageDraw

from midun.desk.keys import Home
from midun.desk.web import Wrong
from midun.kernel.documents.pdf import compile_pdf
from midun.lib.marking.code.message import write_id
from midun.lib.marking.documents import pictures
from midun.lib.marking.documents.files import Kind, kind_of, read
from midun.lib.marking.errors import Refused
from midun.lib.marking.image.geometry import apply
from midun.lib.marking.image.residual import residual
from midun.lib.marking.image.tile import SIDE, tile_of
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
    "office-layer": "Office 页面底纹或图片",
    "text": "文字中的密标",
}
_TIMES = dict(enumerate(("十", "百", "千", "万", "十万", "百万", "千万", "一亿", "十亿", "百亿", "千亿", "一万亿"), 1))
_MOST_CELLS, _WIDTH, _SEEN, _MOST_PIXELS = 400, 900, 4.0, 40_000_000


def traced(path: Path, home: Home, at: dt.datetime) -> tuple[dict[str, Any], bytes | None]:
    """The facts of the report (docs/formats/trace-report.md), and the leak as a picture with its map if it is one.

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
    mapped = next((one for one in found if one.matrix is not None and one.carrier == "image"), None)
    picture, cells = _map(data, mapped) if mapped else (None, [])
    facts = {
        "format": FORMAT,
        "at": at.isoformat(),
        "leak": {"name": path.name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()},
        "looked": {"keys": [_key(key) for key in keys], "copies": sum(map(len, issued.values()))},
        "found": [_found(one, rows[one.copy_id]) for one in found],
        "identical_to": _row(same),
        "is_original": original is not None,
        "label": label_findings(path, data, rows),
        "cells": cells,
    }
    return facts, picture


def _key(key: MarkKey) -> dict[str, object]:
    return {"number": key.number, "fingerprint": key.fingerprint}


def _found(one: Attribution, row: Issued | None) -> dict[str, Any]:
    return {
        "copy": write_id(one.copy_id),
        "carrier": one.carrier,
        "carrier_name": CARRIERS[one.carrier],
        "place": one.place,
        "log10_error": round(one.log10_error, 2),
        "chance": chance(one.log10_error),
        "registry": _row(row),
        "opening": asdict(opening(row, one.key)) if row and row.copy else None,
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


def _map(data: bytes, one: Attribution) -> tuple[bytes | None, list[dict[str, Any]]]:
    """Each tile of the mark as it lies in the image, with its correlation in deviations; drawn on a small copy."""
    plane = pictures.gray(data)
    if one.matrix is None or plane.size > _MOST_PIXELS or kind_of(data) in {Kind.PDF, Kind.OFFICE, Kind.TEXT}:
        return None, []
    height, width = plane.shape
    left = residual(plane)
    pattern = tile_of(one.copy_id, one.key)
    pattern = (pattern - pattern.mean()) / pattern.std()
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
    inside = apply(np.asarray(np.linalg.inv(one.matrix), np.float64), corners)
    low, high = np.floor(inside.min(0) / SIDE).astype(int), np.ceil(inside.max(0) / SIDE).astype(int)
    cells: list[dict[str, Any]] = []
    for row in range(low[1], high[1]):
        for column in range(low[0], high[0]):
            if len(cells) >= _MOST_CELLS:
                break
            square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float) * SIDE + np.array([column, row]) * SIDE
            shift = np.array([[1, 0, column * SIDE], [0, 1, row * SIDE], [0, 0, 1.0]])
            view = one.matrix @ shift
            drawn = cv2.warpPerspective(left, view, (SIDE, SIDE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
            size = float(np.sqrt((drawn**2).sum()))
            if not size:
                continue
            score = abs(float((drawn * pattern).sum())) / size
            points = [[round(x, 1), round(y, 1)] for x, y in apply(one.matrix, square)]
            cells.append({"points": points, "score": round(score, 1)})
    return _drawn(data, cells), cells


def _drawn(data: bytes, cells: list[dict[str, Any]]) -> bytes:
    image = pictures.opened(data).convert("RGB")
    scale = min(1.0, _WIDTH / max(image.size))
    image = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
    over = Image.new("RGBA", image.size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(over)
    for cell in cells:
        points = [(x * scale, y * scale) for x, y in cell["points"]]
        seen = cell["score"] >= _SEEN
        pen.polygon(points, fill=(255, 190, 0, 70) if seen else None, outline=(214, 110, 0, 255 if seen else 110))
    out = io.BytesIO()
    Image.alpha_composite(image.convert("RGBA"), over).convert("RGB").save(out, "PNG")
    return out.getvalue()


class Report:
    """A trace in its folder: `report.json`, and `picture.png` if there is a map."""

    def __init__(self, home: Home, number: str) -> None:
        self.number = number
        self.folder = home.path / "desk" / "traces" / number
        try:
            self.facts: dict[str, Any] = json.loads((self.folder / "report.json").read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise Wrong(404, "没有这份追溯报告。") from error

    @classmethod
    def keep(cls, home: Home, facts: dict[str, Any], picture: bytes | None) -> "Report":
        """Write a report down."""
        number = secrets.token_hex(8)
        folder = home.path / "desk" / "traces" / number
        folder.mkdir(parents=True, mode=0o700)
        if picture:
            (folder / "picture.png").write_bytes(picture)
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

    @property
    def picture(self) -> Path | None:
        """The picture with the map."""
        path = self.folder / "picture.png"
        return path if path.is_file() else None

    @property
    def names(self) -> list[str]:
        """Whose copy it is, by what was found; each once."""
        rows = [one["registry"] for one in self.facts["found"]]
        return list(dict.fromkeys(row["recipient"] for row in rows if row))

    def pdf(self) -> bytes:
        """The report for printing and for the file. Equal input gives equal bytes."""
        picture = self.picture
        images = {"picture.png": picture.read_bytes()} if picture else {}
        made = f"{self.at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"
        digest = hashlib.sha256(self.json).hexdigest()
        shown = {**self.facts, "made": made, "names": self.names, "has_picture": bool(picture), "digest": digest}
        return compile_pdf("trace.typ", shown, at=self.at, images=images)
