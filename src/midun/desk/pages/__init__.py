"""The pages, by what they are about. A new one stands in `MODULES`."""

from importlib import import_module

MODULES = ("home", "dropped", "marking", "tracing", "comparing", "screening", "indexes", "registry", "labels")


def load() -> None:
    """Import every page, so that its addresses and its place in the menu are known."""
    for name in MODULES:
        import_module(f"{__name__}.{name}")
