"""A deployment check: a public site without the statements of its footer breaks 国办发〔2017〕47号."""

from typing import Any

from django.conf import settings
from django.core.checks import Info

_NEEDED = ("organiser", "contact", "code", "icp", "police")


def footer_is_complete(**_: Any) -> list[Info]:
    """Say which statements of the footer have no value. The site runs without them, as one not yet open may."""
    missing = [f"MIDUN_SITE_{key.upper()}" for key in _NEEDED if not settings.MIDUN_SITE.get(key)]
    if not missing:
        return []
    said = "门户页脚缺少政府网站必须标明的内容：" + "、".join(missing)
    return [Info(said, hint="对公众开放前在环境变量中填写，见 docs/operations.md", id="midun.I001")]
