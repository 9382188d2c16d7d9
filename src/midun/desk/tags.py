"""Template tags of the desk."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def size(count: int) -> str:
    """Bytes as people read them."""
    if count < 1 << 10:
        return f"{count} B"
    return f"{count / (1 << 10):.0f} KB" if count < 1 << 20 else f"{count / (1 << 20):.1f} MB"


@register.simple_tag(takes_context=True)
def icon(context: template.Context, name: str) -> SafeString:
    """An icon of the set all pages share."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}/static/midun/vendor/icons.svg#tabler-{}"></use></svg>',
        context["root"],
        name,
    )
