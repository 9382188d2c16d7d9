"""Template tags: icons, form fields, numbers and dates as officials write them."""

from datetime import date, datetime

from django import template
from django.db.models.fields import BLANK_CHOICE_DASH
from django.forms import (
    BoundField,
    CheckboxInput,
    CheckboxSelectMultiple,
    FileInput,
    ModelChoiceField,
    RadioSelect,
    Select,
)
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

register = template.Library()
_DASHES, _CHOOSE = BLANK_CHOICE_DASH[0][1], "请选择"


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """An icon of the sprite; decorative, so hidden from screen readers."""
    sheet = static("midun/vendor/icons.svg")
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#tabler-{}"></use></svg>',
        css,
        sheet,
        name,
    )


@register.filter
def control(field: BoundField) -> SafeString:
    """The field's widget with the right classes; a file input lies under a button in the page's own language."""
    widget = field.field.widget
    css = "form-control"
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple | CheckboxInput):
        css = "form-check-input"
    elif isinstance(widget, Select):
        css = "form-select"
        _name_empty_choice(field)
    classes = (css, widget.attrs.get("class", ""), "is-invalid" if field.errors else "")
    attrs: dict[str, str | bool] = {"class": " ".join(filter(None, classes))}
    if field.errors:
        attrs["aria-invalid"] = "true"
    shown = field.as_widget(attrs=attrs)
    return (
        _file_box(shown, many=getattr(widget, "allow_multiple_selected", False))
        if isinstance(widget, FileInput)
        else shown
    )


def _name_empty_choice(field: BoundField) -> None:
    """Django's nine dashes for "nothing chosen" become words."""
    if isinstance(field.field, ModelChoiceField):
        if field.field.empty_label == _DASHES:
            field.field.empty_label = _CHOOSE
        return
    widget = field.field.widget
    if isinstance(widget, Select) and ("", _DASHES) in (choices := list(widget.choices)):
        widget.choices = [(value, _CHOOSE if label == _DASHES else label) for value, label in choices]


def _file_box(shown: SafeString, *, many: bool) -> SafeString:
    box = '<div class="file-box">{}<span class="file-button" aria-hidden="true">{}</span>{}</div>'
    names = format_html('<span class="file-names" aria-live="polite">{}</span>', "未选择，也可拖到这里")
    return format_html(box, shown, "选择文件（可多选）" if many else "选择文件", names)


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """Whether the field is a single tick box."""
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
def is_choices(field: BoundField) -> bool:
    """Whether the field is a list of radio buttons or tick boxes."""
    return isinstance(field.field.widget, RadioSelect | CheckboxSelectMultiple)


@register.filter
def day(value: date | datetime | None) -> str:
    """2026年11月23日."""
    if value is None or value == "":
        return ""
    if isinstance(value, datetime):
        value = localtime(value)
    return f"{value.year}年{value.month}月{value.day}日"


@register.filter
def moment(value: datetime | None) -> str:
    """2026-11-23 14:05, local time."""
    return f"{localtime(value):%Y-%m-%d %H:%M}" if value else ""


@register.filter
def deadline(value: date | None, today: date) -> str:
    """How far a day is, in words: 已逾期 3 天, 今天截止, 还有 2 天."""
    if value is None:
        return ""
    left = (value - today).days
    if left < 0:
        return f"已逾期 {-left} 天"
    return f"还有 {left} 天" if left else "今天截止"


@register.filter
def sentence(text: object) -> str:
    """The text with exactly one full stop at its end."""
    said = str(text).strip()
    return said if said.endswith(("。", "！", "？")) else f"{said}。" if said else ""


@register.filter
def recent(value: datetime | None) -> str:
    """A moment as short as it is clear: 14:05 today, 11-23 14:05 this year, 2025-06-10 before."""
    if not value:
        return ""
    then, now = localtime(value), localtime()
    if then.date() == now.date():
        return f"{then:%H:%M}"
    return f"{then:%m-%d %H:%M}" if then.year == now.year else f"{then:%Y-%m-%d}"


@register.filter
def number(value: object) -> str:
    """1,234; empty for nothing."""
    return "" if value in (None, "") else f"{int(str(value)):,}"


@register.filter
def notice_colour(kind: str) -> str:
    """The tint of a notice's badge; the words say the same."""
    return {"alert": "red", "reminder": "orange", "todo": "blue"}.get(kind, "green")


@register.filter
def signed(value: int) -> str:
    """+1,234 or −1,234: a difference."""
    return f"{value:+,}".replace("-", "−")


@register.filter
def masked(phone: str) -> str:
    """139****8636."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 8 else phone  # noqa: PLR2004  # shorter ones hide nothing
