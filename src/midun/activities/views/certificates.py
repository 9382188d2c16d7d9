"""Certificates: issued, revoked, downloaded, verified."""

import json
from urllib.parse import quote

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from midun.activities import codes
from midun.activities.keys import public_key as the_key
from midun.activities.keys import public_pem
from midun.activities.models import Certificate
from midun.activities.services import certificates, events
from midun.activities.statement import holds, key_id
from midun.activities.views.found import find_ours, find_person
from midun.kernel.documents.certificate import Certificate as Page
from midun.kernel.documents.certificate import certificate_pdf as made_pdf
from midun.kernel.orgs.enums import Permission
from midun.kernel.web.forms import ReasonForm
from midun.kernel.web.listing import download
from midun.kernel.web.page import PageRequest, page


@page(Permission.RECORD_WORK, writes=True)
def issue(request: PageRequest, number: int) -> HttpResponse:
    """Issue certificates to everybody in the list, or to one (`person`)."""
    found = find_ours(request, number)
    if request.method == "POST":
        one = request.POST.get("person", "")
        chosen = [find_person(found, int(one)).pk] if one.isdigit() else None
        try:
            made = certificates.issue(found, participations=chosen, actor=request.actor, at=request.at)
            messages.success(request, f"已签发 {len(made)} 份参训证明")
        except (certificates.HoursMissing, certificates.NotHeldYet, events.Voided) as error:
            messages.error(request, str(error))
    return redirect(found)


@page(Permission.RECORD_WORK, writes=True)
def revoke(request: PageRequest, number: int, certificate: int) -> HttpResponse:
    """Revoke a certificate with a reason."""
    found = find_ours(request, number)
    known = Certificate.objects.visible_to(request.actor).select_related("participation__activity")
    entry = get_object_or_404(known, pk=certificate, participation__activity=found)
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


@page(public=True)
def certificate_pdf(_request: PageRequest, receipt: str) -> HttpResponse:
    """The certificate as PDF, by the participant's private link."""
    number = codes.participation_of(receipt)
    valid = Certificate.objects.unscoped("by its private link").filter(participation_id=number or 0, revoked_at=None)
    found: Certificate = get_object_or_404(valid)
    where = settings.MIDUN_BASE_URL + reverse("activities:certificate-verify")
    sheet = Page(
        number=found.number,
        name=found.person_name,
        organisation=found.enterprise_name,
        event=found.event,
        campaign="企业商业秘密保护能力提升服务月",
        day=found.day,
        hours=f"{found.hours:.1f}",
        issuer=found.issuer,
        issued_on=found.issued_on,
        code=codes.spaced(found.code),
        verify_url=where,
        qr=f"{where}?code={quote(found.code)}",
        signature=f"{found.signature}（公钥 {found.key_id}）",
    )
    return download(made_pdf(sheet, at=found.issued_at), f"{found.number}.pdf", "application/pdf")


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
            "name": found.person_name[:1] + "某" * max(1, len(found.person_name) - 1),
            "genuine": key is not None and key_id(key) == found.key_id and holds(statement, found.signature, key),
        }
    return render(request, "activities/verify.html", context)


@page(public=True)
def public_key(_request: PageRequest) -> HttpResponse:
    """The public key that verifies certificates without us (docs/formats/certificate.md)."""
    key = the_key()
    body = {"algorithm": "Ed25519", "key_id": key_id(key) if key else None, "pem": public_pem(key) if key else None}
    return HttpResponse(json.dumps(body, indent=1), content_type="application/json")
