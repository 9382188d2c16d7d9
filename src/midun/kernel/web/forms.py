"""Form helpers: the house's widgets, the version field, files checked by content."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from midun.kernel.files.kinds import MP4, BadUpload, accept


class DateInput(forms.DateInput):
    """The browser's own date picker."""

    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)


class DateTimeInput(forms.DateTimeInput):
    """The browser's own date and time picker."""

    input_type = "datetime-local"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M", **kwargs)


class ManyFilesInput(forms.ClearableFileInput):
    """A file input that takes several files."""

    allow_multiple_selected = True


class AttachmentsField(forms.FileField):
    """Zero or more files, each checked by content, size and name; `cleaned_data` is a list of `(name, bytes)`."""

    def __init__(self, *, limit: int = 20, **kwargs: Any) -> None:
        self.limit = limit
        accept = "image/jpeg,image/png,image/webp,application/pdf,.docx,.xlsx,.pptx,video/mp4"
        kwargs.setdefault("widget", ManyFilesInput(attrs={"accept": accept}))
        kwargs.setdefault("required", False)
        super().__init__(**kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[tuple[str, bytes]]:
        """Read and check every file; all of them are refused when one is bad, so nothing is half taken."""
        files: list[UploadedFile] = [f for f in (data if isinstance(data, list | tuple) else [data]) if f]
        if self.required and not files:
            raise forms.ValidationError(self.error_messages["required"])
        if len(files) > self.limit:
            raise forms.ValidationError(f"一次最多上传 {self.limit} 个文件")
        taken = []
        for file in files:
            if file.size is None or file.size > MP4.limit:
                raise forms.ValidationError(f"{file.name}：文件过大")
            content = file.read()
            try:
                _, content = accept(content)
            except BadUpload as bad:
                raise forms.ValidationError(f"{file.name}：{bad}") from bad
            taken.append((file.name or "附件", content))
        return taken


class ReasonForm(forms.Form):
    """A reason, for steps that need one."""

    reason = forms.CharField(label="理由", max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


@dataclass(frozen=True)
class Condition:
    """A filter that narrows the list now: the field's name, its label, and the value in words."""

    name: str
    label: str
    text: str


class FilterForm(forms.Form):
    """The query bar above a list: optional fields; `apply` narrows a query set by the valid ones."""

    def apply(self, records: Any) -> Any:
        """Narrow `records`; fields left empty or invalid do not narrow."""
        for name, value in self._given():
            records = self.narrow(records, name, value)
        return records

    def narrow(self, records: Any, name: str, value: Any) -> Any:
        """Narrow by one field; override for anything but an equal lookup."""
        return records.filter(**{name: value})

    def conditions(self) -> list[Condition]:
        """What narrows the list, in words."""
        return [Condition(name, str(self[name].label), self._words(name, value)) for name, value in self._given()]

    def _given(self) -> Iterator[tuple[str, Any]]:
        self.is_valid()
        for name, value in self.cleaned_data.items():
            if value is not False and value not in (None, "", []):
                yield name, value

    def _words(self, name: str, value: Any) -> str:
        if value is True:
            return ""
        choices = getattr(self.fields[name], "choices", None)
        if isinstance(self.fields[name], forms.ChoiceField) and not isinstance(
            self.fields[name], forms.ModelChoiceField
        ):
            flat = {str(key): str(label) for key, label in choices or ()}
            return flat.get(str(value), str(value))
        return str(value)
