"""Peak memory of this process."""

import resource
import sys

_UNIT = 1 if sys.platform == "darwin" else 1024


def peak() -> float:
    """The most resident memory this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT / 2**20
