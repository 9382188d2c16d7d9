"""The product's addresses, and a view that does nothing."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def bare(_request: HttpRequest) -> HttpResponse:
    """Nothing but an answer, through the same middleware."""
    return HttpResponse("<!doctype html><title>bare</title><p>bare")


urlpatterns = [path("bare/", bare), path("", include("midun.config.urls"))]
