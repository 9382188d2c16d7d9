"""Template tags of the desk."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag(takes_context=True)
def icon(context: template.Context, name: str) -> SafeString:
    """An icon of the set all pages share."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}/static/midun/vendor/icons.svg#tabler-{}"></use></svg>',
        context["root"],
        name,
    )
