"""The officer's side of the door: opening and closing it, the page for the projector, the poster."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache

from midun.activities import codes
from midun.activities.forms import OpenForm
from midun.activities.models import Activity, Participation, SignIn
from midun.activities.services import own, sign_in
from midun.activities.views.found import find, find_ours, occasion_of
from midun.kernel.documents.certificate import Poster, chinese_day, poster_pdf, qr_svg
from midun.kernel.orgs.enums import Permission
from midun.kernel.web.listing import download
from midun.kernel.web.page import PageRequest, page

_REFRESH = 5


@page(Permission.RECORD_WORK, writes=True)
def open_door(request: PageRequest, number: int) -> HttpResponse:
    """Open sign-in, or change its closing time."""
    found = find_ours(request, number)
    form = OpenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            sign_in.open_sign_in(found, **form.cleaned_data, actor=request.actor, at=request.at)
            messages.success(request, "签到已开放，可以出示二维码")
        except (sign_in.ClosesTooEarly, own.Voided) as error:
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
    """The page for the projector: a large code that renews itself, and how many have signed in.

    `?part=1` gives only what changes; the page asks for it every few seconds.
    """
    found = find(request, number)
    door = _door_of(request, found)
    count = Participation.objects.unscoped("counting").filter(activity=found, voided_at__isnull=True).count()
    address = _address(door, request)
    context = {
        "activity": found,
        "door": door,
        "is_open": door.is_open(request.at),
        "address": address,
        "qr": qr_svg(address).decode(),
        "count": count,
        "left": codes.seconds_left(request.at),
        "refresh": _REFRESH,
    }
    template = "activities/_screen.html" if "part" in request.GET else "activities/screen.html"
    return render(request, template, context)


@page(Permission.READ_WORK)
def poster(request: PageRequest, number: int) -> HttpResponse:
    """A poster to print and hang; not for a rotating code."""
    found = find(request, number)
    door = _door_of(request, found)
    if door.rotating:
        raise Http404
    times = [f"{t:%H:%M}" for t in (found.start_time, found.end_time) if t]
    made = Poster(
        kicker=occasion_of(found),
        title=found.title,
        when=f"{chinese_day(found.day)}　{'—'.join(times)}".strip(),
        place=found.place,
        unit=found.unit.name,
        address=_address(door, request),
    )
    return download(poster_pdf(made, at=request.at), f"签到海报_{found.title[:30]}.pdf", "application/pdf")
