"""A page of the account library that is another where no mail is set up."""

from allauth.account import views as library
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from midun.kernel.web.page import page


@page(public=True, writes=True)
def password_reset(request: HttpRequest) -> HttpResponse:
    """Ask for a link by mail where mail is set up; otherwise say who can give one."""
    if not settings.MIDUN_EMAIL_NOTICES:
        return render(request, "directory/reset_without_mail.html")
    answer: HttpResponse = library.password_reset(request)
    return answer
