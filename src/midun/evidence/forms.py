"""The form of the monitor page."""

from typing import Any

from django import forms


class ConsistencyForm(forms.Form):
    """Two sizes of the log whose consistency is asked for."""

    old = forms.IntegerField(label="较早的条数", min_value=0, max_value=1 << 40)
    new = forms.IntegerField(label="较晚的条数", min_value=0, max_value=1 << 40)

    def clean(self) -> dict[str, Any]:
        """The first is not above the second."""
        cleaned: dict[str, Any] = super().clean() or {}
        old, new = cleaned.get("old"), cleaned.get("new")
        if old is not None and new is not None and old > new:
            raise forms.ValidationError("较早的条数不能大于较晚的条数")
        return cleaned

    def sizes(self) -> tuple[int, int]:
        """Old and new."""
        return self.cleaned_data["old"], self.cleaned_data["new"]
