"""Secret points (秘点): what the holder claims, point by point (法释〔2020〕7号 第二十七条)."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from midun.lib.similarity.documents import Kind, Part
from midun.lib.similarity.errors import SimilarityError
from midun.lib.similarity.languages import BY_NAME
from midun.lib.similarity.readers.encodings import decode

FORMAT = "midun-points/1"
MOST = 500


class BadPoints(SimilarityError):
    """The file of secret points is malformed."""


@dataclass(frozen=True)
class Point:
    """One secret point. `conceded` are texts the holder concedes to be public: they count for nothing."""

    identifier: str
    title: str
    part: Part
    conceded: tuple[str, ...] = ()


def _point(raw: object, number: int) -> Point:
    if not isinstance(raw, dict) or not isinstance(raw.get("content"), str) or not raw["content"].strip():
        raise BadPoints(f"第 {number} 个秘点没有 content（秘点内容），请补充。")
    kind, language = raw.get("kind", "prose"), raw.get("language", "")
    if kind not in list(Kind) or (kind == Kind.CODE and language not in BY_NAME):
        raise BadPoints(
            f"第 {number} 个秘点的 kind 或 language 不对：kind 为 prose、code、table，代码须写明 language。"
        )
    conceded = raw.get("public", [])
    if not isinstance(conceded, list) or not all(isinstance(text, str) for text in conceded):
        raise BadPoints(f"第 {number} 个秘点的 public 应为文字的列表。")
    part = Part(Kind(kind), raw["content"], (), language if kind == Kind.CODE else "")
    return Point(str(raw.get("id", number)), str(raw.get("title", f"秘点{number}")), part, tuple(conceded))


def parse_points(data: bytes) -> list[Point]:
    """Points from JSON (`midun-points/1`), or from text whose headings `## 标题` begin a point. Raises `BadPoints`."""
    text = decode(data)
    if text.lstrip().startswith("{"):
        try:
            raw = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BadPoints("秘点文件不是完整的 JSON。") from error
        if raw.get("format") != FORMAT or not isinstance(raw.get("points"), list):
            raise BadPoints(f'秘点文件应有 "format": "{FORMAT}" 和 points 列表。')
        found = [_point(each, number) for number, each in enumerate(raw["points"], 1)]
    else:
        pieces = re.split(r"^##[ \t]*(.+)$", text, flags=re.MULTILINE)
        found = [
            _point({"id": str(n), "title": title.strip(), "content": content}, n)
            for n, (title, content) in enumerate(zip(pieces[1::2], pieces[2::2], strict=True), 1)
        ]
    if not 0 < len(found) <= MOST:
        raise BadPoints(f"秘点文件中应有 1 至 {MOST} 个秘点；文字文件中每个秘点以“## 标题”一行开始。")
    return found


def read_points(path: Path) -> list[Point]:
    """Read a file of points. Raises `BadPoints`, `Unreadable`."""
    try:
        return parse_points(path.read_bytes())
    except OSError as error:
        raise BadPoints(f"打不开秘点文件 {path}。") from error
