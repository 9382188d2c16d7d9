"""Forms of the registration of copies."""

from typing import Any

from django import forms

from midun.claims.models import Claim
from midun.kernel.web.forms import DateInput
from midun.marking.models import IssueBatch
from midun.marking.models.batches import REASON

LIMIT, REPORT_LIMIT = 4 << 20, 32 << 20


def _bytes(file: Any, limit: int, sentence: str) -> bytes:
    if file.size > limit:
        raise forms.ValidationError(sentence)
    return bytes(file.read())


class BatchForm(forms.Form):
    """A registration file and what the enterprise says of it."""

    title = forms.CharField(
        label="名称",
        max_length=80,
        help_text="平台能看到这个名称。请用内部代号，如“R-21 评审发放”，不要写出技术内容、客户或接收人",
    )
    channel = forms.ChoiceField(label="发放渠道", choices=IssueBatch.Channel.choices)
    expires_on = forms.DateField(
        label="收回日期",
        required=False,
        widget=DateInput,
        help_text="到期提醒提交人和审批人收回或销毁；不填时按密级标识的保密期限",
    )
    file = forms.FileField(
        label="登记文件", help_text="在本机工作台的批次页面下载。只有加盐的承诺值，没有文件、文件名和接收人"
    )

    def clean_file(self) -> bytes:
        """Its content."""
        return _bytes(self.cleaned_data["file"], LIMIT, "文件超过 4 MiB，请分成几个批次")


class ReportForm(forms.Form):
    """A trace report."""

    file = forms.FileField(label="追溯报告（JSON）", help_text="在本机工作台的追溯页面下载。平台只核对，不保存")

    def clean_file(self) -> bytes:
        """Its content."""
        return _bytes(self.cleaned_data["file"], REPORT_LIMIT, "文件超过 32 MiB，不是追溯报告")


class PostponeForm(forms.Form):
    """Another day of return, and why."""

    expires_on = forms.DateField(
        label="新的收回日期", required=False, widget=DateInput, help_text="不填表示不再要求收回，如已解密"
    )
    reason = forms.CharField(label="理由", max_length=REASON)


class DiscloseForm(forms.Form):
    """To which claim a copy is shown, and the file that opens it."""

    claim = forms.ModelChoiceField(label="诉求", queryset=Claim.objects.none(), empty_label=None)
    file = forms.FileField(
        label="开启信息",
        widget=forms.ClearableFileInput(attrs={"accept": "application/json,.json"}),
        help_text="本机工作台副本登记簿中这份副本的“开启信息”，或查到这份副本的追溯报告（JSON）。只取出这一份的内容",
    )

    def __init__(self, *args: Any, claims: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["claim"].queryset = claims  # type: ignore[attr-defined]  # a ModelChoiceField has one
        self.fields["claim"].label_from_instance = (  # type: ignore[attr-defined]  # same
            lambda claim: f"{claim.number} {claim.title}（{claim.unit.name}办理）"
        )

    def clean_file(self) -> bytes:
        """Its content."""
        return _bytes(self.cleaned_data["file"], REPORT_LIMIT, "文件超过 32 MiB，不是开启信息")


class WithdrawForm(forms.Form):
    """Why a disclosure is taken back."""

    reason = forms.CharField(label="撤回理由", max_length=REASON)
