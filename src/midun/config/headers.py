"""Headers that every answer carries, whoever made it: a page, an error, a file, a redirect."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

DEFAULTS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""What an answer gets where nothing more exact was said: pages have a policy of their own (CONTENT_SECURITY_POLICY)."""

WORKER_POLICY = "default-src 'none'; script-src 'self'; frame-ancestors 'none'"
"""Of our scripts: one that runs as a worker may load others of ours, and can talk to nobody, not even to us."""

PERSONAL = "no-store, private"
"""Pages of a signed-in person stay in no cache: at a shared machine nobody leafs back into them after the logout."""


class HeadersMiddleware:
    """The outermost middleware, so that answers made by other middleware (a refused host, say) are covered too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, then fill in what is missing."""
        response = self.get_response(request)
        if response.headers.get("Content-Type", "").startswith("text/javascript"):
            response.headers.setdefault("Content-Security-Policy", WORKER_POLICY)
        for name, value in DEFAULTS.items():
            response.headers.setdefault(name, value)
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            response.headers.setdefault("Cache-Control", PERSONAL)
        return response
