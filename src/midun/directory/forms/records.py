"""Query bars of the trail and the login history."""

from typing import Any

from django import forms
from django.apps import apps
from django.db.models import Q

from midun.kernel.orgs.models import LoginRecord
from midun.kernel.trail.verbs import Verb
from midun.kernel.web.forms import DateInput, FilterForm


def target_choices() -> list[tuple[str, str]]:
    """Every kind of record of ours, by its Chinese name."""
    ours = [model._meta for model in apps.get_models() if model.__module__.startswith("midun.")]
    named = {meta.label_lower: str(meta.verbose_name) for meta in ours}
    return sorted(named.items(), key=lambda item: item[1])


class LoginFilter(FilterForm):
    """The query bar of logins."""

    username = forms.CharField(label="登录名或姓名", required=False)
    outcome = forms.ChoiceField(label="结果", required=False, choices=[("", "全部"), *LoginRecord.Outcome.choices])
    ip = forms.CharField(label="网络地址", required=False)
    since = forms.DateField(label="自", required=False, widget=DateInput())
    until = forms.DateField(label="至", required=False, widget=DateInput())

    def narrow(self, records: Any, name: str, value: Any) -> Any:
        """By name, outcome, address, period."""
        if name == "username":
            return records.filter(Q(username__icontains=value) | Q(user__name__icontains=value))
        lookups = {"ip": "ip__startswith", "since": "at__date__gte", "until": "at__date__lte"}
        return records.filter(**{lookups.get(name, name): value})


class TrailFilter(FilterForm):
    """The query bar of the trail."""

    who = forms.CharField(label="操作人", required=False)
    unit = forms.CharField(label="单位", required=False)
    verb = forms.ChoiceField(label="行为", required=False, choices=[("", "全部"), *Verb.choices])
    kind = forms.ChoiceField(label="对象类型", required=False)
    text = forms.CharField(label="对象、理由或内容", required=False)
    since = forms.DateField(label="自", required=False, widget=DateInput())
    until = forms.DateField(label="至", required=False, widget=DateInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self.fields["kind"]
        if isinstance(kind, forms.ChoiceField):
            kind.choices = [("", "全部"), *target_choices()]

    def narrow(self, records: Any, name: str, value: Any) -> Any:
        """By who, where, what, on what, words, period."""
        if name == "text":
            words = Q(target_label__icontains=value) | Q(reason__icontains=value)
            return records.filter(words | Q(before__icontains=value) | Q(after__icontains=value))
        lookups = {
            "who": "user_name__icontains",
            "unit": "organisation__icontains",
            "kind": "target_type",
            "since": "at__date__gte",
            "until": "at__date__lte",
        }
        return records.filter(**{lookups.get(name, name): value})
