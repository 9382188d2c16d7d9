"""Looking for what should not be in a public text. It finds traces, it does not prove absence: a person decides."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_PATTERNS = (
    ("统一社会信用代码", re.compile(r"(?<![0-9A-Z])[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}(?![0-9A-Z])")),
    ("身份证号", re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")),
    ("手机号", re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")),
    ("座机号", re.compile(r"(?<!\d)0\d{2,3}[-—－]?\d{7,8}(?!\d)")),
    ("电子邮箱", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("网址", re.compile(r"(?:https?://|www\.)[^\s，。；）]+")),
    ("银行账号", re.compile(r"(?<!\d)\d{16,19}(?!\d)")),
    (
        "可能的企业全称",
        re.compile(r"[\u4e00-\u9fffA-Za-z×*（）()]{2,24}?(?:有限责任公司|股份有限公司|有限公司|合伙企业|集团)"),
    ),
    ("精确数值（可能是工艺参数）", re.compile(r"\d+(?:\.\d+)?\s*(?:℃|°C|MPa|kPa|mol|ppm|μm|nm|wt%|mg/|rpm)")),
)
_MASKED = re.compile(r"某|甲|乙|丙|丁|×|\*|X{2}|A|B|C")


@dataclass(frozen=True)
class Trace:
    """Something a reader should look at: what kind, and the words themselves."""

    kind: str
    text: str


def traces(texts: Iterable[str], *, known_names: Iterable[str] = ()) -> Iterator[Trace]:
    """Every trace in `texts`, each once; `known_names` are full names (of enterprises on record) to look for."""
    seen: set[tuple[str, str]] = set()
    whole, known = "\n".join(texts), list(known_names)
    for name in known:
        if name and name in whole and ("名录中的企业", name) not in seen:
            seen.add(("名录中的企业", name))
            yield Trace("名录中的企业", name)
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(whole):
            found = match.group().strip("（）()")
            if kind == "可能的企业全称" and (_MASKED.search(found) or any(found in name for name in known)):
                continue
            if (kind, found) not in seen:
                seen.add((kind, found))
                yield Trace(kind, found)
