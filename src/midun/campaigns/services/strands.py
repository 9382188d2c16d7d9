"""Suggesting the heading a plan line belongs under."""

from collections.abc import Sequence

from midun.campaigns.models import Strand


def suggest(content: str, strands: Sequence[Strand]) -> Strand | None:
    """The strand whose keywords the content names most, long words counting more; None when none is named.

    Of equals the one that is named first in the text is taken: a line says first what it is about.
    """
    best: tuple[int, int] | None = None
    chosen = None
    for strand in strands:
        words = [word for word in strand.keywords.replace(",", "、").replace("，", "、").split("、") if word.strip()]
        found = [(word.strip(), content.find(word.strip())) for word in words if word.strip() in content]
        if not found:
            continue
        rank = (sum(len(word) for word, _ in found), -min(place for _, place in found))
        if best is None or rank > best:
            best, chosen = rank, strand
    return chosen
