"""The public verification page, and the verifiers to take away."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from midun.evidence.verifiers import SCRIPTS, verify_html, verify_py, words
from midun.kernel.web.page import page

_FILES = {"verify.html": (verify_html, "text/html"), "verify.py": (verify_py, "text/x-python")}


@page(public=True)
def verify(request: HttpRequest) -> HttpResponse:
    """Check a bundle in the browser; nothing is sent to us."""
    scripts = [f"evidence/{name}" for name in SCRIPTS]
    return render(request, "evidence/verify.html", {"words": words(), "scripts": scripts})


@page(public=True)
def verifier(_request: HttpRequest, name: str) -> HttpResponse:
    """A verifier as a file."""
    if name not in _FILES:
        raise Http404
    make, kind = _FILES[name]
    headers = {"Content-Type": f"{kind}; charset=utf-8", "Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(make(), headers=headers)
