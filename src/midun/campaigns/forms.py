"""Forms of the service month."""

from typing import Any

from django import forms
from django.db.models import Q

from midun.campaigns.annex import MAX_CONTENT
from midun.campaigns.campaign_templates import CampaignTemplate, form_labels
from midun.campaigns.models import Campaign, CampaignState, CampaignUnit, PlanLine, PlanState, Strand
from midun.kernel.orgs.models import Organisation
from midun.kernel.web.forms import AttachmentsField, DateInput, FilterForm

UPLOAD_LIMIT = 20 * 1024 * 1024
PROGRESS = [("", "全部"), ("none", "未开展"), ("begun", "已有记录"), ("done", "已办结")]
_KEYWORDS = 1000


class CampaignFilter(FilterForm):
    """The query bar of the list of campaigns."""

    year = forms.IntegerField(label="年份", required=False, min_value=2000, max_value=2100)
    state = forms.ChoiceField(label="状态", required=False, choices=[("", "全部"), *CampaignState.choices])
    text = forms.CharField(label="名称或主题", required=False, max_length=60)

    def narrow(self, records: Any, name: str, value: Any) -> Any:
        """Text is looked for in title and theme."""
        if name == "text":
            return records.filter(Q(title__icontains=value) | Q(theme__icontains=value))
        return super().narrow(records, name, value)


class NewCampaignForm(forms.Form):
    """From what a campaign is made: a template or an earlier campaign."""

    source = forms.ChoiceField(label="依据", widget=forms.RadioSelect)
    year = forms.IntegerField(label="年份", min_value=2000, max_value=2100)

    def __init__(
        self, *args: Any, templates: dict[str, CampaignTemplate], earlier: list[Campaign], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        copies = [(f"copy:{c.pk}", f"沿用 {c.year} 年：{c.title}") for c in earlier]
        made = [(f"template:{t.id}", f"模板：{t.name}") for t in templates.values()]
        choices: Any = [*copies, *made]
        self.fields["source"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField
        if choices and not self.is_bound:
            self.fields["source"].initial = choices[0][0]


class CampaignForm(forms.ModelForm):
    """The facts of the notice."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = Campaign
        fields = ("title", "theme", "notice_number", "year", "start", "end", "plan_due_on")
        widgets = {"start": DateInput(), "end": DateInput(), "plan_due_on": DateInput()}

    def clean(self) -> dict[str, Any]:
        """The period has an order."""
        cleaned = super().clean() or {}
        start, end = cleaned.get("start"), cleaned.get("end")
        if start and end and end < start:
            self.add_error("end", "结束日期不能早于开始日期")
        return cleaned


class StrandRow(forms.Form):
    """One heading of the notice."""

    id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    heading = forms.CharField(label="板块名称", max_length=80)
    keywords = forms.CharField(label="关键词（用、隔开）", required=False, max_length=_KEYWORDS)


class RequiredFormRow(forms.Form):
    """One statistics form and its deadline."""

    template = forms.ChoiceField(label="统计表")
    due_on = forms.DateField(label="报送截止", widget=DateInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: Any = [("", "请选择"), *form_labels().items()]
        self.fields["template"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField


StrandRows = forms.formset_factory(StrandRow, extra=0, max_num=30)
RequiredFormRows = forms.formset_factory(RequiredFormRow, extra=0, max_num=10)


def held_rows(campaign: Campaign) -> dict[str, list[dict[str, Any]]]:
    """The rows as they stand. Only for showing: a posted row equal to its initial would count as empty."""
    return {
        "strands": [{"id": s.pk, "heading": s.heading, "keywords": s.keywords} for s in campaign.strands.all()],
        "forms": [{"template": f.template, "due_on": f.due_on} for f in campaign.required_forms.all()],
    }


class UnitsForm(forms.Form):
    """Which units take part, under which category and in which order."""

    def __init__(self, *args: Any, units: list[Organisation], current: dict[int, CampaignUnit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.units = units
        last = max((u.order for u in current.values()), default=0)
        for position, unit in enumerate(units, start=1):
            held = current.get(unit.pk)
            self.fields[f"take_{unit.pk}"] = forms.BooleanField(
                label=unit.name, required=False, initial=held is not None
            )
            self.fields[f"category_{unit.pk}"] = forms.CharField(
                label=f"{unit.name}的类别", required=False, max_length=40, initial=held.category if held else ""
            )
            self.fields[f"order_{unit.pk}"] = forms.IntegerField(
                label=f"{unit.name}的顺序", required=False, min_value=0, max_value=9999,
                initial=held.order if held else last + position,
            )  # fmt: skip

    @property
    def rows(self) -> list[tuple[Organisation, Any, Any, Any]]:
        """Unit, tick box, category, order."""
        return [(u, self[f"take_{u.pk}"], self[f"category_{u.pk}"], self[f"order_{u.pk}"]) for u in self.units]

    def chosen(self) -> list[tuple[Organisation, str]]:
        """The ticked units in order, with their category."""
        data = self.cleaned_data
        taken = [unit for unit in self.units if data[f"take_{unit.pk}"]]
        taken.sort(key=lambda u: data[f"order_{u.pk}"] or 0)
        return [(unit, data[f"category_{unit.pk}"].strip()) for unit in taken]


class DocumentsForm(forms.Form):
    """Documents of the campaign."""

    documents = AttachmentsField(label="通知及附件", required=True)


class PlanFilter(FilterForm):
    """The query bar of the plan."""

    unit = forms.ModelChoiceField(
        label="单位", required=False, queryset=Organisation.objects.none(), empty_label="全部单位"
    )
    strand = forms.ChoiceField(label="板块", required=False)
    state = forms.ChoiceField(label="状态", required=False, choices=[("", "全部状态"), *PlanState.choices])
    progress = forms.ChoiceField(label="开展情况", required=False, choices=PROGRESS)
    text = forms.CharField(label="内容", required=False, max_length=60)

    def __init__(self, *args: Any, units: Any, strands: list[Strand], has_records: Q, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._has_records = has_records
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]  # a ModelChoiceField
        self.fields["unit"].label_from_instance = lambda unit: unit.label  # type: ignore[attr-defined]  # same
        choices: Any = [("", "全部板块"), *((str(s.pk), s.heading) for s in strands), ("none", "未归类")]
        self.fields["strand"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    def narrow(self, records: Any, name: str, value: Any) -> Any:
        """Text within the content; “none” for lines under no heading; how far a line is carried out."""
        if name == "text":
            return records.filter(content__icontains=value)
        if name == "progress":
            begun, done = self._has_records, Q(done_at__isnull=False)
            return records.filter({"done": done, "begun": begun & ~done, "none": ~begun & ~done}[value])
        if name == "strand" and value == "none":
            return records.filter(strand__isnull=True)
        return super().narrow(records, name, value)


class LineForm(forms.Form):
    """One line of a unit's own plan."""

    content = forms.CharField(
        label="活动安排",
        max_length=MAX_CONTENT,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="写明做什么、面向谁、怎么做，一条写一项活动",
    )
    planned_on = forms.DateField(label="计划日期", required=False, widget=DateInput())
    strand = forms.ModelChoiceField(
        label="活动板块", required=False, queryset=Strand.objects.none(), empty_label="按内容自动推荐"
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, campaign: Campaign, line: PlanLine | None = None, **kwargs: Any) -> None:
        if line is not None:
            values = {"content": line.content, "planned_on": line.planned_on, "strand": line.strand_id}
            kwargs["initial"] = {**values, "version": line.version}
        super().__init__(*args, **kwargs)
        self.fields["strand"].queryset = campaign.strands.all()  # type: ignore[attr-defined]  # a ModelChoiceField
        if line is not None:
            self.fields["strand"].empty_label = "未归类"  # type: ignore[attr-defined]  # a ModelChoiceField


class FinishForm(forms.Form):
    """What came of a line of the plan."""

    note = forms.CharField(
        label="完成情况",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="写明做了什么、覆盖了谁、有什么结果；可用于总结报告",
    )
    documents = AttachmentsField(
        label="佐证材料", help_text="照片、文件，可多选；已登记的活动、走访等会自动关联，不必重复上传"
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, line: PlanLine, **kwargs: Any) -> None:
        kwargs["initial"] = {"note": line.done_note, "version": line.version}
        super().__init__(*args, **kwargs)


class ImportForm(forms.Form):
    """An annex as a file or as pasted text."""

    file = forms.FileField(
        label="附件文件",
        required=False,
        help_text="Word（.docx）、Excel（.xlsx）或 CSV，不超过 20 MB",
        widget=forms.FileInput(attrs={"accept": ".docx,.xlsx,.csv,.txt"}),
    )
    text = forms.CharField(
        label="或粘贴表格文字",
        required=False,
        max_length=2_000_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="在 Word、WPS、Excel 或网页里选中整张表格（含表头）后复制、粘贴到这里",
    )
    as_pending = forms.BooleanField(label="作为待审核导入（不勾选则视为已随通知印发，直接为“已审核”）", required=False)

    def clean(self) -> dict[str, Any]:
        """Exactly one of the two."""
        cleaned = super().clean() or {}
        file, text = cleaned.get("file"), cleaned.get("text", "")
        if not file and not text.strip() and not self.errors:
            raise forms.ValidationError("请选择文件，或粘贴表格文字")
        if file and file.size > UPLOAD_LIMIT:
            self.add_error("file", "文件超过 20 MB，请删去图片等无关内容后再上传")
        return cleaned
