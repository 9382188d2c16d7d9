"""The form as a file, its sealed scans, and the summary report."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate

from midun.kernel.documents.report import BadPrevious, Kept
from midun.kernel.files.models import Attachment
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.services import Refused
from midun.kernel.statistics.models import StatForm
from midun.kernel.statistics.services.held import NotReady
from midun.kernel.web.listing import download
from midun.kernel.web.page import PageRequest, page
from midun.reporting.forms import PreviousReportForm, SealedForm
from midun.reporting.papers import MIME, paper
from midun.reporting.reports import attach_scans, write_report
from midun.reporting.views.found import campaign_of, form_or_404, kind_words


@page(Permission.READ_WORK)
def form_paper(request: PageRequest, number: int, kind: str) -> HttpResponse:
    """The form as Excel, Word, PDF or JSON."""
    form = form_or_404(request, number)
    if kind not in MIME:
        raise Http404
    today = localdate(request.at)
    name = f"统计表_{form.unit.label}{kind_words(form)}_{today:%Y%m%d}.{kind}"
    return download(paper(form, kind, today=today), name, MIME[kind])


@page(Permission.FILL_FORM, writes=True)
def sealed(request: PageRequest, number: int) -> HttpResponse:
    """Scans of the printed and sealed form."""
    form = form_or_404(request, number)
    if request.method == "POST":
        entered = SealedForm(request.POST, request.FILES)
        if not entered.is_valid():
            messages.error(request, "；".join(map(str, entered.errors["scans"])))
            return redirect(form)
        try:
            attach_scans(form, files=entered.cleaned_data["scans"], actor=request.actor, at=request.at)
            messages.success(request, "已保存盖章扫描件")
        except NotReady as error:
            messages.error(request, str(error))
    return redirect(form)


@page(Permission.READ_WORK, writes=True)
def summary(request: PageRequest, number: int) -> HttpResponse:
    """The summary report: generated anew, or from an edited copy whose changes are kept."""
    form = form_or_404(request, number)
    writes = form.unit_id == request.actor.organisation_id and request.actor.may(Permission.RECORD_WORK)
    entered = PreviousReportForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    if request.method == "POST":
        if not writes:
            raise Refused("只能生成本单位的总结报告")
        if entered.is_valid() and _written(request, form, entered):
            return redirect("reporting:summary", form.pk)
    reports = Attachment.objects.unscoped("the form was fetched").of(form).filter(kind=Attachment.Kind.DOCUMENT)
    context = {"form": form, "entered": entered, "reports": reports.order_by("-pk"), "writes": writes}
    return render(request, "reporting/summary.html", context)


def _written(request: PageRequest, form: StatForm, entered: PreviousReportForm) -> bool:
    campaign = campaign_of(form, request.actor)
    try:
        _, kept = write_report(form, campaign, previous=entered.copy(), actor=request.actor, at=request.at)
    except BadPrevious as error:
        entered.add_error("previous", str(error))
        return False
    _say(request, kept)
    return True


def _say(request: PageRequest, kept: list[Kept]) -> None:
    messages.success(request, "报告已生成，请下载后核对、补充")
    for one in kept:
        messages.info(request, f"“{one.heading or '标题'}”{one.why}")
