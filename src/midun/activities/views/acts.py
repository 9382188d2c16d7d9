"""What is done with an event as a whole: void, restore, portal, files."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from midun.activities.forms import FilesForm
from midun.activities.services import attachments, events, own
from midun.activities.views.found import find, find_ours
from midun.kernel.files.models import Attachment
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.services import Stale
from midun.kernel.web.forms import ReasonForm
from midun.kernel.web.page import PageRequest, page


@page(Permission.RECORD_WORK, writes=True)
def void(request: PageRequest, number: int) -> HttpResponse:
    """Void an event with a reason."""
    found = find_ours(request, number)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"][:300]
        try:
            events.void(found, version=found.version, reason=reason, actor=request.actor, at=request.at)
        except (Stale, own.Voided) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "已作废，不再计入统计")
            return redirect(found)
    intro = "作废后不再计入统计，签到关闭，门户下线，已签发的参训证书一并撤销。记录本身保留，可以恢复。"
    back = found.get_absolute_url()
    context = {"form": form, "title": f"作废：{found}", "intro": intro, "submit": "作废", "back": back}
    return render(request, "web/form.html", context)


@page(Permission.RECORD_WORK, writes=True)
def restore(request: PageRequest, number: int) -> HttpResponse:
    """Take a voiding back with a reason."""
    found = find_ours(request, number)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"][:300]
        try:
            events.restore(found, version=found.version, reason=reason, actor=request.actor, at=request.at)
        except Stale as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "已恢复，重新计入统计")
            return redirect(found)
    intro = "恢复后重新计入统计。门户需要重新上线，参训证书需要重新签发。"
    back = found.get_absolute_url()
    context = {"form": form, "title": f"恢复：{found}", "intro": intro, "submit": "恢复", "back": back}
    return render(request, "web/form.html", context)


@page(Permission.PUBLISH, writes=True)
def portal(request: PageRequest, number: int) -> HttpResponse:
    """Put an event on the portal (`show=1`) or take it off."""
    found = find(request, number)
    if request.method == "POST":
        show = request.POST.get("show") == "1"
        try:
            events.put_on_portal(found, show=show, actor=request.actor, at=request.at)
            messages.success(request, "已上线，公众可见名称、日期、地点和单位" if show else "已下线")
        except (Stale, own.Voided) as error:
            messages.error(request, str(error))
    return redirect(found)


@page(Permission.RECORD_WORK, writes=True)
def add_files(request: PageRequest, number: int) -> HttpResponse:
    """More photos, sign-in sheets or papers."""
    found = find_ours(request, number)
    form = FilesForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        files, kind = form.cleaned_data["uploads"], Attachment.Kind(form.cleaned_data["kind"])
        try:
            attachments.add_files(found, files=files, kind=kind, actor=request.actor, at=request.at)
            messages.success(request, f"已上传 {len(files)} 个文件")
        except own.Voided as error:
            messages.error(request, str(error))
    elif request.method == "POST":
        messages.error(request, "；".join(str(e) for errors in form.errors.values() for e in errors))
    return redirect(found)


@page(Permission.RECORD_WORK, writes=True)
def use_file(request: PageRequest, number: int, file: int) -> HttpResponse:
    """Say whether a file goes with the event onto the portal, and into the summary report."""
    found = find_ours(request, number)
    attachment = get_object_or_404(Attachment.objects.of(found), pk=file)
    if request.method == "POST":
        public, in_report = (name in request.POST for name in ("public", "in_report"))
        attachments.use_file(
            found, attachment=attachment, public=public, in_report=in_report, actor=request.actor, at=request.at
        )
        messages.success(request, f"“{attachment.name}”的用途已保存")
    return redirect(found)


@page(Permission.RECORD_WORK, writes=True)
def remove_file(request: PageRequest, number: int, file: int) -> HttpResponse:
    """Take a file off with a reason."""
    found = find_ours(request, number)
    attachment = get_object_or_404(Attachment.objects.of(found), pk=file)
    form = ReasonForm(request.POST or None)
    back = found.get_absolute_url()
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        attachments.remove_file(found, attachment=attachment, reason=reason, actor=request.actor, at=request.at)
        messages.success(request, f"已移除“{attachment.name}”")
        return redirect(back)
    context = {"form": form, "title": f"移除附件：{attachment.name}", "submit": "移除", "back": back}
    return render(request, "web/form.html", context)
