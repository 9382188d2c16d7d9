"""What the worker processes of `midun serve` load: the application, and a watch over the process that started them."""

import multiprocessing
import os
import threading

from midun.config.wsgi import application

__all__ = ["application"]


def _end_with_parent() -> None:
    """Workers of a server that was killed would go on answering at its port, beside the one started next."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
