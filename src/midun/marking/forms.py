"""Forms of the registration of copies."""

from typing import Any

from django import forms

from midun.marking.models import IssueBatch

LIMIT = 4 << 20


def _bytes(file: Any) -> bytes:
    if file.size > LIMIT:
        raise forms.ValidationError("文件超过 4 MiB，请分成几个批次")
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
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="到期应收回或销毁；可不填",
    )
    file = forms.FileField(
        label="登记文件", help_text="在本机工作台的批次页面下载。只有加盐的承诺值，没有文件、文件名和接收人"
    )

    def clean_file(self) -> bytes:
        """Its content."""
        return _bytes(self.cleaned_data["file"])


class ReportForm(forms.Form):
    """A trace report."""

    file = forms.FileField(label="追溯报告（JSON）", help_text="在本机工作台的追溯页面下载。平台只核对，不保存")

    def clean_file(self) -> bytes:
        """Its content."""
        return _bytes(self.cleaned_data["file"])
