"""Sign-in at the door: the officer opens and closes it, people sign in with their phones."""

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localtime
from django.views.decorators.cache import never_cache

from midun.activities import codes
from midun.activities.forms import DoorForm, OpenForm
from midun.activities.models import Activity, Certificate, Participation, SignIn
from midun.activities.services import events, sign_in
from midun.activities.views.found import find, find_ours
from midun.kernel.documents.certificate import Poster, chinese_day, poster_pdf, qr_svg
from midun.kernel.orgs.enums import Permission
from midun.kernel.web.listing import download
from midun.kernel.web.page import PageRequest, page

_TRIES, _WINDOW = 60, 600


@page(Permission.RECORD_WORK, writes=True)
def open_door(request: PageRequest, number: int) -> HttpResponse:
    """Open sign-in, or change its closing time."""
    found = find_ours(request, number)
    form = OpenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            sign_in.open_sign_in(
                found, closes_at=data["closes_at"], rotating=data["rotating"], actor=request.actor, at=request.at
            )
            messages.success(request, "签到已开放，可以出示二维码")
        except (sign_in.ClosesTooEarly, events.Voided) as error:
            messages.error(request, str(error))
    elif request.method == "POST":
        messages.error(request, "请填写签到截止时间")
    return redirect(found)


@page(Permission.RECORD_WORK, writes=True)
def shut_door(request: PageRequest, number: int) -> HttpResponse:
    """Close sign-in now."""
    found = find_ours(request, number)
    if request.method == "POST":
        sign_in.close_sign_in(found, actor=request.actor, at=request.at)
        messages.success(request, "签到已关闭")
    return redirect(found)


def _door_of(request: PageRequest, activity: Activity) -> SignIn:
    found: SignIn = get_object_or_404(SignIn.objects.visible_to(request.actor), activity=activity)
    return found


def _address(door: SignIn, request: PageRequest) -> str:
    base = settings.MIDUN_BASE_URL + door.path
    return f"{base}?k={codes.rotating(door.secret, request.at)}" if door.rotating else base


@never_cache
@page(Permission.READ_WORK)
def screen(request: PageRequest, number: int) -> HttpResponse:
    """The page for the projector: a large code that renews itself, and how many have signed in."""
    found = find(request, number)
    door = _door_of(request, found)
    count = Participation.objects.unscoped("counting").filter(activity=found, voided_at__isnull=True).count()
    context = {
        "activity": found,
        "door": door,
        "is_open": door.is_open(request.at),
        "address": _address(door, request),
        "qr": qr_svg(_address(door, request)).decode(),
        "count": count,
        "refresh": min(codes.seconds_left(request.at) + 1, 20),
    }
    return render(request, "activities/screen.html", context)


@page(Permission.READ_WORK)
def poster(request: PageRequest, number: int) -> HttpResponse:
    """A poster to print and hang; not for a rotating code."""
    found = find(request, number)
    door = _door_of(request, found)
    if door.rotating:
        raise Http404
    times = [f"{t:%H:%M}" for t in (found.start_time, found.end_time) if t]
    made = Poster(
        kicker="企业商业秘密保护能力提升服务月",
        title=found.title,
        when=f"{chinese_day(found.day)}　{'—'.join(times)}".strip(),
        place=found.place,
        unit=found.unit.name,
        address=_address(door, request),
    )
    return download(poster_pdf(made, at=request.at), f"签到海报_{found.title[:30]}.pdf", "application/pdf")


def _too_many(request: PageRequest) -> bool:
    """Posts from one address; generous, because a whole hall may stand behind one."""
    key = f"sign-in:{request.META.get('REMOTE_ADDR', '')}"
    cache.add(key, 0, _WINDOW)
    try:
        return cache.incr(key) > _TRIES * 10
    except ValueError:
        return False


@never_cache
@page(public=True, writes=True)
def door(request: PageRequest, token: str) -> HttpResponse:
    """The form people open with their phones, without an account."""
    known = SignIn.objects.unscoped("by its token").select_related("activity__unit")
    found = get_object_or_404(known, token=token, activity__voided_at__isnull=True)
    ticket = request.POST.get("ticket", "")
    if request.method == "GET" and codes.is_current(found.secret, request.GET.get("k", ""), request.at):
        ticket = codes.ticket(token, request.at)
    context = {"door": found, "activity": found.activity, "ticket": ticket, "form": DoorForm(request.POST or None)}
    if not found.is_open(request.at):
        early = found.closed_at is None and request.at < found.opened_at
        return render(request, "activities/door_shut.html", {**context, "early": early})
    if found.rotating and not codes.is_ticket(ticket, token, request.at):
        return render(request, "activities/door_shut.html", {**context, "expired": True})
    if request.method == "POST" and context["form"].is_valid():
        return _enter(request, token, ticket, context)
    return render(request, "activities/door.html", context)


def _enter(request: PageRequest, token: str, ticket: str, context: dict[str, object]) -> HttpResponse:
    form = context["form"]
    if _too_many(request):
        form.add_error(None, "提交过于频繁，请稍后再试")  # type: ignore[attr-defined]  # a DoorForm
        return render(request, "activities/door.html", context, status=429)
    try:
        done = sign_in.sign_in(token=token, person=form.person(), ticket=ticket, at=request.at)  # type: ignore[attr-defined]  # same
    except (sign_in.SignInClosed, sign_in.CodeExpired) as error:
        form.add_error(None, str(error))  # type: ignore[attr-defined]  # same
        return render(request, "activities/door.html", context)
    again = "?again=1" if done.again else ""
    return redirect(codes.receipt_path(done.participation.pk) + again)


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
        "when": localtime(found.signed_in_at),
        "soon": found.activity.day >= localtime(request.at).date() - timedelta(days=30),
    }
    return render(request, "activities/receipt.html", context)
