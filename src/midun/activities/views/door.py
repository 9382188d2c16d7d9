"""Sign-in at the door: people open the form with their phones, without an account."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate
from django.views.decorators.cache import never_cache

from midun.accounts.adapter import address_of
from midun.activities import codes
from midun.activities.forms import DoorForm
from midun.activities.models import Certificate, Participation, SignIn
from midun.activities.services import sign_in
from midun.kernel.web.limits import allowed
from midun.kernel.web.page import PageRequest, page

_TRIES, _WINDOW = 300, 600  # generous: a whole hall may stand behind one address
_LARGEST = 20_000
_COOKIE = "midun_signed_in"
_COOKIE_DAYS = 60


@never_cache
@page(public=True, writes=True)
def door(request: PageRequest, token: str) -> HttpResponse:
    """The form people open with their phones; who signed in on this phone is shown that instead."""
    known = SignIn.objects.unscoped("by its token").select_related("activity__unit")
    found = get_object_or_404(known, token=token, activity__voided_at__isnull=True)
    if request.method == "POST" and (refused := _refused(request, found)):
        return refused
    context: dict[str, Any] = {"door": found, "activity": found.activity}
    mine = _mine(request, found)
    if mine and request.method == "GET" and "another" not in request.GET:
        return render(request, "activities/door_done.html", {**context, "receipt": codes.receipt_path(mine)})
    ticket = request.POST.get("ticket", "")
    if request.method == "GET" and codes.is_current(found.secret, request.GET.get("k", ""), request.at):
        ticket = codes.ticket(token, request.at)
    if not found.is_open(request.at):
        return render(request, "activities/door_shut.html", context)
    if found.rotating and not codes.is_ticket(ticket, token, request.at):
        return render(request, "activities/door_shut.html", {**context, "expired": True})
    form = DoorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _enter(request, found, form, ticket)
    return render(request, "activities/door.html", {**context, "ticket": ticket, "form": form})


def _refused(request: PageRequest, found: SignIn) -> HttpResponse | None:
    """Bodies no form of ours can have, and scripts."""
    context = {"door": found, "activity": found.activity}
    size = request.META.get("CONTENT_LENGTH") or "0"
    if not size.isdigit() or int(size) > _LARGEST:
        return render(request, "activities/door_shut.html", {**context, "oversize": True}, status=413)
    who = f"{address_of(request)}:{found.pk}"
    if not allowed("sign-in", who, most=_TRIES, seconds=_WINDOW, at=request.at):
        return render(request, "activities/door_shut.html", {**context, "busy": True}, status=429)
    return None


def _enter(request: PageRequest, found: SignIn, form: DoorForm, ticket: str) -> HttpResponse:
    context = {"door": found, "activity": found.activity, "form": form, "ticket": ticket}
    try:
        done = sign_in.sign_in(token=found.token, person=form.person(), ticket=ticket, at=request.at)
    except (sign_in.SignInClosed, sign_in.CodeExpired, sign_in.TicketSpent) as error:
        form.add_error(None, str(error))
        return render(request, "activities/door.html", context)
    if done.again and _mine(request, found) != done.participation.pk:
        # Whoever knows a telephone number must not get to another's receipt by it.
        return render(request, "activities/door_done.html", context)
    path = codes.receipt_path(done.participation.pk)
    answer = redirect(f"{path}?again=1" if done.again else path)
    answer.set_signed_cookie(
        _COOKIE,
        str(done.participation.pk),
        salt=found.token,
        max_age=_COOKIE_DAYS * 86400,
        path=found.path,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return answer


def _mine(request: PageRequest, found: SignIn) -> int | None:
    """The entry made on this phone at this event, if it still stands."""
    kept = request.get_signed_cookie(_COOKIE, default=None, salt=found.token)
    if not kept or not kept.isdigit():
        return None
    entries = Participation.objects.unscoped("made on this phone").filter(pk=int(kept), activity=found.activity)
    return int(kept) if entries.filter(voided_at__isnull=True).exists() else None


@never_cache
@page(public=True)
def receipt(request: PageRequest, receipt: str) -> HttpResponse:
    """The private page of one participation: the number, and the certificate once it is issued."""
    number = codes.participation_of(receipt)
    entries = Participation.objects.unscoped("by its private link").select_related("activity__unit")
    found = get_object_or_404(entries, pk=number or 0, voided_at__isnull=True)
    valid = Certificate.objects.unscoped("by its private link").filter(participation=found, revoked_at__isnull=True)
    context = {
        "entry": found,
        "activity": found.activity,
        "certificate": valid.first(),
        "again": "again" in request.GET,
        "receipt": receipt,
        "to_come": found.activity.day > localdate(request.at),
    }
    return render(request, "activities/receipt.html", context)
