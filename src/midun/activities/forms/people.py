"""Forms about participants: one person, a list, an enterprise that is not in the directory yet."""

from typing import Any

from django import forms

from midun.activities.people import LIMIT, Person, phone_of, phone_problem
from midun.kernel.orgs import uscc

_TEXT_LIMIT = 400_000
_FILE_LIMIT = 5 * 1024 * 1024
_CODE_ATTRS = {"data-uscc": "1", "autocapitalize": "characters"}


def _checked_code(text: str) -> str:
    """The code normalised; a wrong one is refused with what is wrong."""
    code = uscc.normalise(text)
    if code and (wrong := uscc.problem(code)):
        raise forms.ValidationError(wrong)
    return code


class PersonForm(forms.Form):
    """One participant, entered by an officer."""

    enterprise = forms.CharField(
        label="单位名称",
        max_length=120,
        help_text="没有单位的请填“个人”",
        error_messages={"required": "请填写单位名称；没有单位的请填“个人”"},
    )
    name = forms.CharField(
        label="姓名",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": "请填写姓名"},
    )
    phone = forms.CharField(
        label="手机",
        max_length=20,
        required=False,
        error_messages={"required": "请填写手机号"},
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"}),
    )
    title = forms.CharField(label="职务", max_length=40, required=False)
    credit_code = forms.CharField(
        label="统一社会信用代码",
        max_length=18,
        required=False,
        help_text="选填；填写后可准确计入企业数",
        widget=forms.TextInput(attrs=_CODE_ATTRS),
    )

    def clean_credit_code(self) -> str:
        """Normalised; wrong ones are refused with what is wrong."""
        return _checked_code(self.cleaned_data["credit_code"])

    def clean_phone(self) -> str:
        """Digits; wrong ones are refused with what is wrong."""
        text = self.cleaned_data["phone"]
        if text and (wrong := phone_problem(text)):
            raise forms.ValidationError(wrong)
        return phone_of(text)

    def person(self) -> Person:
        """The cleaned person."""
        data = self.cleaned_data
        return Person(
            name=data["name"],
            enterprise=data["enterprise"],
            credit_code=data["credit_code"],
            phone=data["phone"],
            title=data["title"],
        )


class PeopleForm(forms.Form):
    """A list of participants, pasted or as a table."""

    text = forms.CharField(
        label="粘贴名单",
        required=False,
        max_length=_TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="每行一人：姓名 单位 手机；也可以从 Excel 直接复制粘贴（带不带表头都行）",
    )
    file = forms.FileField(
        label="或上传表格",
        required=False,
        help_text=f".xlsx 或 .csv，一次最多 {LIMIT:,} 人",
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
    )
    source = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        cleaned: dict[str, Any] = super().clean() or {}
        file = cleaned.get("file")
        if not cleaned.get("text") and not file and not self.errors:
            raise forms.ValidationError("请粘贴名单或选择一个表格")
        if file and file.size > _FILE_LIMIT:
            self.add_error("file", "文件超过 5 MB，请只保留名单后再上传")
        return cleaned


class NewEnterpriseForm(forms.Form):
    """An enterprise to be added to the directory."""

    name = forms.CharField(label="企业全称", max_length=120)
    credit_code = forms.CharField(label="统一社会信用代码", max_length=18, widget=forms.TextInput(attrs=_CODE_ATTRS))

    def clean_credit_code(self) -> str:
        """Normalised; wrong ones are refused with what is wrong."""
        return _checked_code(self.cleaned_data["credit_code"])
