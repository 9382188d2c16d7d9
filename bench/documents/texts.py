"""Marked texts through what strips or normalises, whole and in excerpts."""

import hashlib
import re
import unicodedata

from midun.lib.marking.documents.text import prose as carriers
from midun.lib.marking.documents.text.mark import EVERYTHING, LIMIT, embed, identify, observe
from midun.lib.marking.keys import MarkKey
from tests.lib.marking.prose import prose

IDS = [hashlib.sha256(n.to_bytes(2, "big")).digest()[:8] for n in range(300)]
WHOLE = 2000


def _without(category: str, text: str) -> str:
    return "".join(c for c in text if unicodedata.category(c) != category)


CHANNELS = {
    "原样粘贴": lambda text: text,
    "去零宽字符": lambda text: _without("Cf", text),
    "只贴一半（1,000 字）": lambda text: text[WHOLE // 4 : WHOLE // 4 + WHOLE // 2],
    "NFKC": lambda text: unicodedata.normalize("NFKC", text),
    "GBK": lambda text: text.encode("gbk", "ignore").decode("gbk"),
    "合并空白": lambda text: re.sub(r"\s+", " ", text),
    "去空白和零宽字符": lambda text: re.sub(rf"[\s{carriers.ALPHABET}]+", "", text),
}


def survived(texts: int, key: MarkKey) -> dict[str, tuple[int, int, int]]:
    """By channel: found, wrong, tried; each text is of 2,000 characters and another recipient's."""
    counted = {name: [0, 0] for name in CHANNELS}
    for seed in range(texts):
        mine = IDS[seed % len(IDS)]
        marked = embed(prose(5000 + seed, WHOLE), mine, key, channels=EVERYTHING)
        for name, channel in CHANNELS.items():
            found = identify(observe(channel(marked), key), IDS, key)
            if found is not None and found.probability <= LIMIT:
                counted[name][found.copy_id != mine] += 1
    return {name: (right, wrong, texts) for name, (right, wrong) in counted.items()}
