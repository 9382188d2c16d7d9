"""Forms of the door: what a visitor fills in, and when the officer closes it."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.timezone import localdate, localtime, make_aware

from midun.activities.forms.people import PersonForm
from midun.activities.models import Activity
from midun.kernel.web.forms import DateTimeInput

_AFTER_BEGIN = timedelta(hours=1)
_FROM_NOW = timedelta(hours=3)


class DoorForm(PersonForm):
    """The sign-in form of a visitor, with the consent line."""

    consent = forms.BooleanField(
        label="我同意主办单位收集以上信息，用于本次活动签到、统计参加人次和签发参训证书",
        error_messages={"required": "请勾选同意后再提交；不同意的，请向现场工作人员登记"},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phone"].required = True
        self.fields["phone"].help_text = "同一号码只登记一次"
        self.fields["enterprise"].widget.attrs["autocomplete"] = "organization"


class OpenForm(forms.Form):
    """Opening sign-in: until when, and whether the code rotates."""

    closes_at = forms.DateTimeField(
        label="签到截止", widget=DateTimeInput(), input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
    )
    rotating = forms.BooleanField(label="防代签：二维码每 60 秒更换，须在现场屏幕扫描", required=False)


def default_close(activity: Activity, at: datetime) -> datetime:
    """An hour after the event begins where that is still to come; else three hours from now."""
    if activity.start_time and activity.day >= localdate(at):
        closes = make_aware(datetime.combine(activity.day, activity.start_time)) + _AFTER_BEGIN
        if closes > at:
            return localtime(closes)
    return localtime(at + _FROM_NOW)
