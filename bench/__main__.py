"""`python -m bench [name …] [--size …]`: run the benchmarks and print what they found."""

import argparse
import platform
import sys


def main(arguments: list[str]) -> int:
    """Parse the command line and run what it names; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--version", action="version", version=platform.python_version())
    parser.parse_args(arguments)
    print("no benchmark is registered yet")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
