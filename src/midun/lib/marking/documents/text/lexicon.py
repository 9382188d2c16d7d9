"""Pairs of words that mean the same wherever the guards allow; used only where the owner lets wording vary.

Numbers, names, defined terms, quotations and law are never touched. A pair stands here only if either word may stand
for the other in every place its guard admits: 所有/全部 does not (所有权), nor 保证/确保 (保证金), nor 此外/另外.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Pair:
    """Two words, and what must not stand before or after either of them (character classes of a regular expression)."""

    first: str
    second: str
    not_before: str = ""
    not_after: str = ""


PAIRS = (
    Pair("例如", "比如"),
    Pair("因此", "因而"),
    Pair("如果", "假如"),
    Pair("立即", "立刻"),
    Pair("目前", "当前", not_after="位值项用者页行版"),
    Pair("包括", "包含", not_before="不"),
    Pair("按照", "依照", not_before="不"),
    Pair("以后", "之后", not_before="从今"),
    Pair("以前", "之前", not_before="从"),
    Pair("或者", "或是"),
    Pair("必须", "务必", not_before="不", not_after="的品要"),
    Pair("已经", "业已"),
    Pair("账号", "帐号"),
    Pair("账户", "帐户"),
    Pair("默认", "缺省"),
    Pair("常常", "往往"),
    Pair("虽然", "尽管"),
    Pair("如何", "怎样", not_before="无"),
)


def _guarded(pair: Pair, word: str) -> str:
    before = f"(?<![{pair.not_before}])" if pair.not_before else ""
    after = f"(?![{pair.not_after}])" if pair.not_after else ""
    return f"{before}{word}{after}"


FINDER = re.compile(
    "|".join(
        f"(?P<p{number}>{_guarded(pair, pair.first)}|{_guarded(pair, pair.second)})"
        for number, pair in enumerate(PAIRS)
    )
)


def fold(text: str) -> str:
    """The text with every word of a pair written as the first, so that a context does not depend on the mark."""
    return FINDER.sub(lambda found: PAIRS[int(str(found.lastgroup)[1:])].first, text)
