"""What every page of background work lets its person and its script do: see how far it is, stop it, go on."""

from collections.abc import Callable

from midun.desk.background import Work
from midun.desk.web import Answer, Request, data, get, go, post


def controls(address: str, find: Callable[[Request, str], Work]) -> None:
    """Put `state/`, `stop/` and `resume/` below `address` and the work's number, its page; `find` raises `Wrong`."""

    @get(f"{address}<run>/state/")
    def state(request: Request, run: str) -> Answer:
        return data(find(request, run).progress())

    @post(f"{address}<run>/stop/")
    def stop(request: Request, run: str) -> Answer:
        find(request, run).stop()
        return go(request, f"{address}{run}/")

    @post(f"{address}<run>/resume/")
    def resume(request: Request, run: str) -> Answer:
        find(request, run).again()
        return go(request, f"{address}{run}/")
