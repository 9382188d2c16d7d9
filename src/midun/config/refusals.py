"""Requests that no page should have to look at."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

_NUL = "\x00"


class RefusalMiddleware:
    """Refuses text with a NUL in it: no keyboard makes one and PostgreSQL stores none.

    It looks after the check against forged forms, which reads the form in any case.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, _view: Any, arguments: Any, named: dict[str, Any]) -> None:
        """Look at every text that came with the request."""
        given = [*arguments, *named.values(), *_texts(request.GET.lists()), *_texts(request.POST.lists())]
        if any(isinstance(text, str) and _NUL in text for text in given):
            raise BadRequest("提交的内容含有无法识别的字符")


def _texts(pairs: Any) -> list[str]:
    return [text for name, values in pairs for text in (name, *values)]
