"""What the portal's templates need besides their context: the footer's duties, and the marks on what was looked for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django import template
from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

_DUTIES = (
    ("主办单位", "organiser", ""),
    ("联系方式", "contact", ""),
    ("联系电话", "phone", ""),
    ("网站标识码", "code", ""),
    ("ICP 备案号", "icp", "https://beian.miit.gov.cn/"),
    ("公安备案号", "police", "https://beian.mps.gov.cn/"),
)
"""What a government site states in its footer (国办发〔2017〕47号), and where two of the statements must lead."""


@dataclass(frozen=True)
class Duty:
    """One statement of the footer. Without a value it is shown, as missing, in a trial installation only."""

    label: str
    value: str
    link: str


@register.simple_tag
def footer_duties() -> list[Duty]:
    """The statements, configured by environment; in production those without a value are left out."""
    site = settings.MIDUN_SITE
    trial = not settings.ENVIRONMENT.production
    return [
        Duty(label, site.get(key, ""), link if site.get(key) else "")
        for label, key, link in _DUTIES
        if site.get(key) or trial
    ]


@register.filter
def marked(text: str, words: Sequence[str]) -> SafeString:
    """The text with every occurrence of the words in <mark>."""
    if not words:
        return format_html("{}", text)
    pattern = re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)), re.IGNORECASE)
    pieces: list[tuple[str, str]] = []
    last = 0
    for match in pattern.finditer(text):
        pieces.append((text[last : match.start()], match.group()))
        last = match.end()
    return format_html("{}{}", format_html_join("", "{}<mark>{}</mark>", pieces), text[last:])
