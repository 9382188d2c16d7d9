"""Importing enterprises: template, upload, preview, returned copy, confirmation."""

from pathlib import PurePath

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from midun.directory import enterprise_table
from midun.directory.models import EnterpriseImport
from midun.directory.services import enterprise_import as imports
from midun.directory.shown import Wording
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.services import NotPossible
from midun.kernel.web.listing import XLSX, download
from midun.kernel.web.page import PageRequest, page
from midun.lib.sheets import SheetError

RIGHT = Permission.MANAGE_ENTERPRISES
STATUSES = {
    "rejected": ("有错误", "red"),
    "new": ("新增", "green"),
    "changed": ("更新", "blue"),
    "same": ("相同", "secondary"),
}
_PER_PAGE = 50


class UploadForm(forms.Form):
    """The table."""

    file = forms.FileField(
        label="企业名录文件",
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"}),
        help_text=".xlsx 或 .csv（UTF-8、GB18030），不超过 20 MB、10 万行",
        error_messages={"required": "请选择文件", "empty": "文件是空的"},
    )


@page(RIGHT)
def import_template(request: PageRequest) -> HttpResponse:
    """The workbook to fill in."""
    data = enterprise_table.template(imports.places_of(request.actor), at=request.at)
    return download(data, "企业名录导入模板.xlsx", XLSX)


@page(RIGHT, writes=True)
def import_upload(request: PageRequest) -> HttpResponse:
    """Step 1: upload."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            source = imports.read_source(file.read(), name=file.name or "")
        except SheetError as problem:
            form.add_error("file", problem.message)
        else:
            pending = imports.open_import(source=source, actor=request.actor, at=request.at)
            return redirect("directory:import-preview", pending.pk)
    columns = enterprise_table.COLUMNS
    return render(request, "directory/import_upload.html", {"form": form, "columns": columns})


def _pending(request: PageRequest, number: int) -> EnterpriseImport:
    visible = EnterpriseImport.objects.visible_to(request.actor).filter(confirmed_at__isnull=True)
    pending: EnterpriseImport = get_object_or_404(visible, pk=number)
    return pending


@page(RIGHT, writes=True)
def import_preview(request: PageRequest, number: int) -> HttpResponse:
    """Steps 2 and 3: what entering would do; confirm or discard."""
    if request.method == "POST":
        return _posted(request, number)
    pending = _pending(request, number)
    shown = imports.plan(imports.source_of(pending), request.actor)
    counts = shown.counts
    status = request.GET.get("status", "")
    chosen = status if status in STATUSES else next((s for s in STATUSES if counts[s]), "new")
    rows = Paginator(shown.of(chosen), _PER_PAGE).get_page(request.GET.get("page"))
    words = Wording()
    context = {
        "pending": pending,
        "plan": shown,
        "tabs": [(name, *STATUSES[name], counts[name]) for name in STATUSES],
        "chosen": chosen,
        "rows": [(p, words.changes(p.enterprise, p.before, p.after)) for p in rows],
        "page": rows,
        "page_range": rows.paginator.get_elided_page_range(rows.number, on_each_side=2, on_ends=1),
        "kept": f"status={chosen}",
        "changes": counts["new"] + counts["changed"],
        "rejected": counts["rejected"],
    }
    return render(request, "directory/import_preview.html", context)


def _posted(request: PageRequest, number: int) -> HttpResponse:
    visible = EnterpriseImport.objects.visible_to(request.actor)
    pending: EnterpriseImport = get_object_or_404(visible, pk=number)
    if request.POST.get("act") == "discard":
        imports.discard(pending=pending, actor=request.actor)
        messages.info(request, "已放弃，名录没有改变")
        return redirect("directory:enterprises")
    fingerprint = request.POST.get("fingerprint", "-")
    try:
        done = imports.confirm(pending=pending, fingerprint=fingerprint, actor=request.actor, at=request.at)
    except NotPossible as problem:
        messages.error(request, str(problem))
        return redirect("directory:import-preview", pending.pk)
    text = f"导入完成：新增 {done.new:,} 家，更新 {done.changed:,} 家，相同 {done.same:,} 家"
    messages.success(request, text + (f"，有错误未导入 {done.rejected:,} 行" if done.rejected else ""))
    return redirect("directory:enterprises")


@page(RIGHT)
def import_errors(request: PageRequest, number: int) -> HttpResponse:
    """The returned copy: the table with the wrong cells red and a column that says what is wrong."""
    pending = _pending(request, number)
    source = imports.source_of(pending)
    data = imports.returned_copy(source, imports.plan(source, request.actor), at=request.at)
    return download(data, f"{PurePath(pending.source).stem}_错误说明.xlsx", XLSX)
