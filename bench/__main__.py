"""`python -m bench [NAME …]`: run the benchmarks, print what they found, write docs/benchmarks.md."""

import argparse
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench import evidence, imports, pages, rollup, verifying
from bench.documents.run import run as documents
from bench.marking.report import report as marking
from bench.matching import run as matching
from bench.places import Failed
from bench.table import Report, write

FULL = 1.0
CALIBRATION = Path(__file__).resolve().parent.parent / "src/midun/lib/similarity/data/calibration.json"


def _runs(options: argparse.Namespace) -> dict[str, Callable[[], Report]]:
    size, database = options.size, options.database
    return {
        "rollup": lambda: rollup.run(size=size, database=database, rounds=options.rounds),
        "pages": lambda: pages.run(size=size, database=database, seconds=options.seconds),
        "imports": lambda: imports.run(size=size, database=database),
        "verifying": lambda: verifying.run(size=size),
        "evidence": lambda: evidence.run(size=size, database=database, seconds=options.seconds),
        "matching": lambda: matching.run(
            size=size, cache=options.cache, calibration_file=CALIBRATION if options.calibrate else None
        ),
        "marking": lambda: marking(size),
        "documents": lambda: documents(size),
    }


def main(arguments: list[str]) -> int:
    """Parse the command line and run what it names; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    names = ["rollup", "pages", "imports", "evidence", "verifying", "matching", "marking", "documents"]
    parser.add_argument("name", nargs="*", choices=[*names, []], help="which benchmarks (all by default)")
    parser.add_argument("--size", type=float, default=FULL, help="1 is the full size; smaller for a quick look")
    parser.add_argument("--database", choices=["both", "postgresql", "sqlite"], default="both")
    parser.add_argument("--rounds", type=int, default=3, help="how often a figure is timed after warming up")
    parser.add_argument("--seconds", type=float, default=10, help="how long a page is put under load")
    parser.add_argument("--cache", type=Path, default=matching.CACHE, help="where matching keeps its fetched packages")
    parser.add_argument("--calibrate", action="store_true", help="let matching write the calibration of the library")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md also when not at full size")
    options = parser.parse_args(arguments)
    runs = _runs(options)
    for name in options.name or names:
        start = time.monotonic()
        try:
            report = runs[name]()
        except Failed as failed:
            print(failed, file=sys.stderr)
            return 1
        print(report.text())
        print(f"\n{name}: {time.monotonic() - start:.0f} s", flush=True)
        if options.write or (options.size == FULL and options.database == "both"):
            write(report)
    return 0


def _stop(*_: object) -> None:
    """Leave by the front door, so that servers are stopped and folders removed."""
    sys.exit(1)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    sys.exit(main(sys.argv[1:]))
