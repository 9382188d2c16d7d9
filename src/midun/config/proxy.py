"""Who the client really is, when our own reverse proxy stands between: the only place that reads forwarded headers."""

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class ProxyMiddleware:
    """Puts the client's address into REMOTE_ADDR when the request came through a proxy of `MIDUN_PROXIES`.

    Anybody can send X-Forwarded-*: from other addresses these headers are dropped, so that no limit by address can be
    got round and no request can call itself encrypted.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Settle the address, then answer."""
        peer = parsed(str(request.META.get("REMOTE_ADDR", "")))
        if peer is not None and trusted(peer):
            peer = client_of(str(request.META.get("HTTP_X_FORWARDED_FOR", "")), peer)
        else:
            for name in _FORWARDED:
                request.META.pop(name, None)
        request.META["REMOTE_ADDR"] = str(peer) if peer is not None else ""
        return self.get_response(request)


def client_of(forwarded: str, proxy: Address) -> Address:
    """The nearest address of the chain that is not a proxy of ours; what stands before it anybody may have written."""
    nearest = proxy
    for text in reversed(forwarded.split(",")):
        address = parsed(text)
        if address is None:
            break
        nearest = address
        if not trusted(address):
            break
    return nearest


def trusted(address: Address) -> bool:
    """Whether `address` is a proxy of ours."""
    return any(address in network for network in settings.MIDUN_PROXIES)


def parsed(text: str) -> Address | None:
    """An address as servers and proxies write it, with or without a port; None for anything else."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
