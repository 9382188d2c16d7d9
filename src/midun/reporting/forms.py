"""What people enter on the page of a statistics form. Every form carries the version the person saw."""

from typing import Any

from django import forms

from midun.kernel.statistics.templates import Line
from midun.kernel.web.forms import AttachmentsField

_REASON = {"rows": 2, "maxlength": 300}
_LARGEST = 10**15


class ActForm(forms.Form):
    """An act without further words."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def words(self) -> dict[str, Any]:
        """What the service takes."""
        return dict(self.cleaned_data)


class AdjustForm(ActForm):
    """Another number for a cell, with the reason."""

    figure = forms.ChoiceField(label="指标")
    value = forms.IntegerField(
        label="调整为",
        min_value=0,
        max_value=_LARGEST,
        error_messages={"invalid": "请填写 0 或正整数", "min_value": "请填写 0 或正整数", "max_value": "数值过大"},
    )
    reason = forms.CharField(label="理由", max_length=300, widget=forms.Textarea(attrs=_REASON))

    def __init__(self, *args: Any, lines: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["figure"] = forms.ChoiceField(label="指标", choices=lines)


class WithdrawAdjustmentForm(ActForm):
    """Back to the counted number."""

    figure = forms.CharField(max_length=40, widget=forms.HiddenInput)


class ExplainForm(ActForm):
    """Why a broken check is as it should be."""

    check_id = forms.CharField(max_length=60, widget=forms.HiddenInput)
    text = forms.CharField(label="说明", max_length=300, required=False)


class ReasonForm(ActForm):
    """An act with a reason."""

    reason = forms.CharField(label="理由", max_length=500, widget=forms.Textarea(attrs=_REASON))


class FreezeForm(ActForm):
    """Freezing; a reason only where units are missing."""

    reason = forms.CharField(
        label="先行定稿的理由", max_length=500, required=False, widget=forms.Textarea(attrs=_REASON)
    )


class ReturnForm(ActForm):
    """Returning, with remarks on single cells."""

    reason = forms.CharField(label="退回理由", max_length=500, widget=forms.Textarea(attrs=_REASON))

    def __init__(self, *args: Any, lines: list[Line], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        for line in lines:
            label = f"{line.number}　{line.label}" if line.number else f"　　{line.label}"
            self.fields[f"remark-{line.figure}"] = forms.CharField(label=label, max_length=300, required=False)

    def remarks(self) -> list[forms.BoundField]:
        """The fields of the remarks."""
        return [self[f"remark-{line.figure}"] for line in self.lines]

    def words(self) -> dict[str, Any]:
        """Reason, version, and the remarks that were made."""
        found = {line.figure: self.cleaned_data.get(f"remark-{line.figure}", "") for line in self.lines}
        remarks = {name: text for name, text in found.items() if text}
        return {"version": self.cleaned_data["version"], "reason": self.cleaned_data["reason"], "remarks": remarks}


class PreviousReportForm(forms.Form):
    """The edited copy of a report, none for a new one."""

    previous = AttachmentsField(
        label="修改过的报告（.docx）", limit=1, widget=forms.ClearableFileInput(attrs={"accept": ".docx"})
    )

    def copy(self) -> bytes | None:
        """The bytes of the copy; None where none was chosen."""
        chosen: list[tuple[str, bytes]] = self.cleaned_data["previous"]
        return chosen[0][1] if chosen else None


class SealedForm(forms.Form):
    """Scans of the sealed paper form."""

    scans = AttachmentsField(label="盖章扫描件（PDF 或图片）", limit=5, required=True)
