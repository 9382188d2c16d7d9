"""Forms of the comparison pages."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from midun.claims.models import Claim
from midun.deposits.forms import name_with_day
from midun.evidence.models import Deposit
from midun.kernel.web.forms import FilterForm
from midun.lib.similarity.report.summary import LARGEST as LARGEST_SUMMARY
from midun.lib.similarity.report.summary import LARGEST_REPORT
from midun.lib.similarity.sealed import LARGEST as LARGEST_BUNDLE
from midun.lib.tlog.opening import MAX_BYTES


class BytesField(forms.FileField):
    """One file, as its bytes."""

    def __init__(self, *, most: int, **kwargs: Any) -> None:
        self.most = most
        super().__init__(**kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        """The bytes; too large a file is not read."""
        file: UploadedFile | None = super().clean(data, initial)
        if file is None:
            return b""
        if file.size is None or file.size > self.most:
            raise forms.ValidationError(f"文件超过 {max(1, self.most >> 20)} MB")
        return file.read()


class SummaryForm(forms.Form):
    """A summary as a script read it out of `summary.json`: the file itself is not sent."""

    text = forms.CharField(max_length=LARGEST_SUMMARY, strip=False, widget=forms.HiddenInput)


class LinkForm(forms.Form):
    """The deposit of a report, with the opening that proves it."""

    deposit = forms.ModelChoiceField(label="存证", queryset=Deposit.objects.none())
    opening = BytesField(
        label="开启信息",
        most=MAX_BYTES,
        widget=forms.ClearableFileInput(attrs={"accept": "application/json,.json"}),
        help_text="存证 report.json 时保存的“开启信息.json”。只用来核对，平台不保存",
    )

    def __init__(self, *args: Any, deposits: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["deposit"].queryset = deposits  # type: ignore[attr-defined]  # a ModelChoiceField has one
        self.fields["deposit"].label_from_instance = name_with_day  # type: ignore[attr-defined]  # same


class ScreeningFilter(FilterForm):
    """The query bar of screenings."""

    word = forms.CharField(label="诉求编号或企业", required=False)

    def narrow(self, records: Any, name: str, value: Any) -> Any:
        """In the number of the claim or the name of the enterprise."""
        if name != "word":
            return super().narrow(records, name, value)
        return records.filter(claim__number__icontains=value) | records.filter(claim__enterprise__name__icontains=value)


class ScreeningForm(forms.Form):
    """A report on a claim."""

    claim = forms.ModelChoiceField(label="诉求", queryset=Claim.objects.none())
    report = BytesField(
        label="比对报告",
        most=LARGEST_REPORT,
        widget=forms.ClearableFileInput(attrs={"accept": "application/json,.json"}),
        help_text="midun compare 生成的 report.json。核验后只保存摘要值、份额和秘点标题；报告原件请存入案卷",
    )
    note = forms.CharField(
        label="说明",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="如报告由谁提交、材料从何处取得",
    )

    def __init__(self, *args: Any, claims: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["claim"].queryset = claims  # type: ignore[attr-defined]  # a ModelChoiceField has one


class VoidForm(forms.Form):
    """Why a screening is voided."""

    reason = forms.CharField(label="作废理由", max_length=300)


class SessionForm(forms.Form):
    """A sealed session."""

    purpose = forms.CharField(label="事由", max_length=120, help_text="如“甲公司反映乙公司使用其工艺文件”")
    party_a = forms.CharField(label="甲方（主张权利）", max_length=60)
    party_b = forms.CharField(label="乙方（被比对）", max_length=60)
    claim = forms.ModelChoiceField(
        label="诉求",
        required=False,
        queryset=Claim.objects.none(),
        empty_label="不关联",
        help_text="关联后，报告的摘要自动附在诉求上",
    )

    def __init__(self, *args: Any, claims: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["claim"].queryset = claims  # type: ignore[attr-defined]  # a ModelChoiceField has one


class BundleForm(forms.Form):
    """A party's sealed bundle."""

    bundle = BytesField(
        label="密封的材料包",
        most=LARGEST_BUNDLE,
        widget=forms.ClearableFileInput(attrs={"accept": ".sealed"}),
    )
