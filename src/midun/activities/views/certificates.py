"""Certificates: issued, revoked, downloaded, verified."""

import json
from urllib.parse import quote

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from midun.activities import codes
from midun.activities.keys import public_key as the_key
from midun.activities.keys import public_pem
from midun.activities.models import Certificate
from midun.activities.services import certificates, own
from midun.activities.statement import FORMAT, holds, key_id, proof_of
from midun.activities.views.found import PER_FILE, find, find_certificate, find_ours, find_person, occasion_of
from midun.kernel.documents.certificate import Certificate as Sheet
from midun.kernel.documents.certificate import certificate_pdf as made_pdf
from midun.kernel.documents.certificate import certificates_pdf
from midun.kernel.orgs.enums import Permission
from midun.kernel.web.forms import ReasonForm
from midun.kernel.web.listing import download
from midun.kernel.web.page import PageRequest, page

_PRIVATE = "by its private link"
_OCCASION = "participation__activity__plan_line__campaign"


@page(Permission.RECORD_WORK, writes=True)
def issue(request: PageRequest, number: int) -> HttpResponse:
    """Issue certificates to everybody in the list, or to one (`person`)."""
    found = find_ours(request, number)
    if request.method == "POST":
        one = request.POST.get("person", "")
        chosen = [find_person(found, int(one)).pk] if one.isdigit() else None
        try:
            made = certificates.issue(found, participations=chosen, actor=request.actor, at=request.at)
            messages.success(request, f"已签发 {len(made)} 份参训证书" if made else "名单中的人员都已有证书")
        except (certificates.HoursMissing, certificates.NotHeldYet, certificates.KeyMissing, own.Voided) as error:
            messages.error(request, str(error))
    return redirect(found)


@page(Permission.RECORD_WORK, writes=True)
def revoke(request: PageRequest, number: int, certificate: int) -> HttpResponse:
    """Revoke a certificate with a reason."""
    found = find_ours(request, number)
    entry = find_certificate(request, found, certificate)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            certificates.revoke(entry, reason=form.cleaned_data["reason"][:300], actor=request.actor, at=request.at)
            messages.success(request, "已撤销，公众核验时会显示已撤销")
        except certificates.AlreadyRevoked as error:
            messages.error(request, str(error))
        return redirect(found)
    context = {"form": form, "title": f"撤销证书 {entry.number}", "submit": "撤销", "back": found.get_absolute_url()}
    return render(request, "web/form.html", context)


@page(Permission.READ_WORK)
def certificate_files(request: PageRequest, number: int, part: int) -> HttpResponse:
    """A file of the valid certificates of an event, to print for those who left no telephone number."""
    found = find(request, number)
    valid = Certificate.objects.visible_to(request.actor).filter(participation__activity=found, revoked_at=None)
    related = valid.select_related(_OCCASION).order_by("participation__number")
    chosen = list(related[(part - 1) * PER_FILE : part * PER_FILE]) if part else []
    if not chosen:
        raise Http404
    pdf = certificates_pdf([_sheet(one) for one in chosen], at=request.at)
    return download(pdf, f"参训证书_{found.title[:30]}_{part}.pdf", "application/pdf")


@page(Permission.READ_WORK)
def certificate_file(request: PageRequest, number: int, certificate: int) -> HttpResponse:
    """The certificate as PDF, for the officer to print or hand on."""
    found = find_certificate(request, find(request, number), certificate)
    if found.revoked_at is not None:
        raise Http404
    return _pdf(found)


@page(public=True)
def certificate_pdf(_request: PageRequest, receipt: str) -> HttpResponse:
    """The certificate as PDF, by the participant's private link."""
    number = codes.participation_of(receipt)
    valid = Certificate.objects.unscoped(_PRIVATE).filter(participation_id=number or 0, revoked_at=None)
    related = valid.select_related(_OCCASION)
    found: Certificate = get_object_or_404(related)
    return _pdf(found)


def _pdf(found: Certificate) -> HttpResponse:
    return download(made_pdf(_sheet(found), at=found.issued_at), f"{found.number}.pdf", "application/pdf")


def _sheet(found: Certificate) -> Sheet:
    where = settings.MIDUN_BASE_URL + reverse("activities:certificate-verify")
    return Sheet(
        number=found.number,
        name=found.person_name,
        organisation=found.enterprise_name,
        event=found.event,
        campaign=occasion_of(found.participation.activity),
        day=found.day,
        hours=f"{found.hours:.1f}",
        issuer=found.issuer,
        issued_on=found.issued_on,
        code=codes.spaced(found.code),
        verify_url=where,
        qr=f"{where}?code={quote(found.code)}",
        signature=f"{found.signature}（公钥 {found.key_id}）",
        proof=proof_of(certificates.statement_of(found), found.signature, found.key_id),
    )


@page(public=True)
def verify(request: PageRequest) -> HttpResponse:
    """What is true of the certificate with this code; names are masked."""
    typed = request.GET.get("code", "").strip()[:40]
    code = codes.read_code(typed)
    found = Certificate.objects.unscoped("public verification").filter(code=code).first() if code else None
    context = {"typed": typed, "certificate": found}
    if found:
        key = the_key()
        statement = certificates.statement_of(found)
        context |= {
            "name": found.person_name[:1] + "＊" * max(1, len(found.person_name) - 1),
            "genuine": key is not None and key_id(key) == found.key_id and holds(statement, found.signature, key),
        }
    return render(request, "activities/verify.html", context)


@page(public=True)
def public_key(_request: PageRequest) -> HttpResponse:
    """The public key that verifies certificates without us (docs/formats/certificate.md)."""
    key = the_key()
    body = {
        "format": FORMAT,
        "algorithm": "Ed25519",
        "key_id": key_id(key) if key else None,
        "pem": public_pem(key) if key else None,
    }
    return HttpResponse(json.dumps(body, indent=1), content_type="application/json")
