"""Fetch the front end we serve ourselves: pages may load nothing from a foreign host and there is no build chain.

`python tools/vendor.py` packs each pinned npm package, checks its digest against `tools/vendor.lock.json`, and writes
`src/midun/kernel/web/static/midun/vendor/`. `--check` compares the tree with the lock without any network.
To move to another version edit PACKAGES, to add an icon edit `tools/data/icons.txt`; then run with `--relock`.
"""

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "src/midun/kernel/web/static/midun/vendor"
LOCK = ROOT / "tools/vendor.lock.json"
ICONS = ROOT / "tools/data/icons.txt"
OWN_LICENCES = ROOT / "tools/data/licenses"

SVG = "http://www.w3.org/2000/svg"
SOURCE_MAP = re.compile(rb"\n?(//|/\*)# sourceMappingURL=[^\n*]*(\*/)?\s*\Z")
URL = re.compile(rb"url\(\s*(?:[\"'](?!data:|#)|(?![\"']|data:|#))([^\"')]*)")
PRESENTATION = ("fill", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin")


class VendorError(Exception):
    """What was fetched is not what was locked, or cannot be served as it is."""


@dataclass(frozen=True)
class Package:
    """One npm package and what we take from it, as (path inside, path in the vendor folder)."""

    name: str
    version: str
    files: tuple[tuple[str, str], ...]

    @property
    def pinned(self) -> str:
        """What npm is asked for."""
        return f"{self.name}@{self.version}"


PACKAGES = (
    # Two packages carry no licence file; the texts of their repositories are kept in OWN_LICENCES.
    Package(
        "@tabler/core",
        "1.6.1",
        (("dist/css/tabler.min.css", "tabler.min.css"), ("dist/js/tabler.min.js", "tabler.min.js")),
    ),
    Package("@alpinejs/csp", "3.17.4", (("dist/cdn.min.js", "alpine-csp.min.js"),)),
    # Bundled inside tabler.min.js, whose own licence does not repeat theirs.
    Package("bootstrap", "5.3.9", (("LICENSE", "LICENSES/bootstrap.txt"),)),
    Package("@popperjs/core", "2.11.8", (("LICENSE.md", "LICENSES/popper.txt"),)),
    Package("htmx.org", "2.0.11", (("dist/htmx.min.js", "htmx.min.js"), ("LICENSE", "LICENSES/htmx.txt"))),
    Package(
        "echarts",
        "6.1.0",
        (
            ("dist/echarts.min.js", "echarts.min.js"),
            ("LICENSE", "LICENSES/echarts.txt"),
            ("NOTICE", "LICENSES/echarts-NOTICE.txt"),
            ("licenses/LICENSE-d3", "LICENSES/echarts-d3.txt"),
        ),
    ),
    # Bundled inside echarts.min.js.
    Package("zrender", "6.1.0", (("LICENSE", "LICENSES/zrender.txt"),)),
    Package("tslib", "2.3.0", (("LICENSE.txt", "LICENSES/tslib.txt"),)),
)
ICON_PACKAGE = Package("@tabler/icons", "3.51.0", (("LICENSE", "LICENSES/tabler-icons.txt"),))

Read = Callable[[str], bytes]


def main() -> int:
    """Parse the command line and fetch or check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only compare the tree with the lock, without network")
    parser.add_argument("--relock", action="store_true", help="accept other packages and record their digests")
    options = parser.parse_args()
    try:
        problems = list(differences()) if options.check else fetch(relock=options.relock)
    except VendorError as error:
        problems = [str(error)]
    for problem in problems:
        sys.stderr.write(problem + "\n")
    return 1 if problems else 0


def differences() -> Iterator[str]:
    """Say what in the vendor folder is missing, changed or not in the lock."""
    locked = json.loads(LOCK.read_text("utf-8"))["files"]
    present = {path.relative_to(VENDOR).as_posix(): path for path in VENDOR.rglob("*") if path.is_file()}
    for name in sorted(locked.keys() | present.keys()):
        if name not in present:
            yield f"{name}: missing"
        elif name not in locked:
            yield f"{name}: not in the lock"
        elif digest(present[name].read_bytes()) != locked[name]:
            yield f"{name}: differs from the lock"


def fetch(*, relock: bool) -> list[str]:
    """Write the vendor folder anew, whole or not at all."""
    locked = json.loads(LOCK.read_text("utf-8"))["packages"] if LOCK.is_file() and not relock else {}
    packages, files = {}, {f"LICENSES/{path.name}": path.read_bytes() for path in OWN_LICENCES.iterdir()}
    with tempfile.TemporaryDirectory() as folder:
        for package in (*PACKAGES, ICON_PACKAGE):
            archive = pack(package, Path(folder))
            packages[package.pinned] = digest(archive.read_bytes())
            if not relock and locked.get(package.pinned) != packages[package.pinned]:
                raise VendorError(f"{package.pinned}: digest is not the locked one")
            with tarfile.open(archive) as tar:
                files |= take(package, reader(tar))
                if package is ICON_PACKAGE:
                    files["icons.svg"] = sprite(reader(tar))
    shutil.rmtree(VENDOR, ignore_errors=True)
    for name, content in files.items():
        (VENDOR / name).parent.mkdir(parents=True, exist_ok=True)
        (VENDOR / name).write_bytes(content)
    lock = {"packages": packages, "files": {name: digest(content) for name, content in sorted(files.items())}}
    LOCK.write_text(json.dumps(lock, indent=2) + "\n", "utf-8")
    return []


def pack(package: Package, folder: Path) -> Path:
    """Let npm download the package as published, running none of its scripts."""
    npm = shutil.which("npm")
    if npm is None:
        raise VendorError("npm is needed to fetch packages")
    command = [npm, "pack", "--silent", "--ignore-scripts", "--pack-destination", str(folder), package.pinned]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder)
    if done.returncode:
        raise VendorError(f"{package.pinned}: {done.stderr.strip()}")
    return folder / done.stdout.split()[-1]


def reader(tar: tarfile.TarFile) -> Read:
    """Make a function that gives a file of the package by its path."""

    def read(path: str) -> bytes:
        try:
            member = tar.extractfile(f"package/{path}")
        except KeyError as error:
            raise VendorError(f"no {path} in the package") from error
        if member is None:
            raise VendorError(f"{path} is not a file")
        return member.read()

    return read


def take(package: Package, read: Read) -> dict[str, bytes]:
    """Pick the files we want, without references to files we do not ship."""
    taken = {}
    for path, name in package.files:
        content = read(path)
        if name.endswith((".css", ".js")):
            # Hashed static storage refuses to publish a file that names a source map it cannot find.
            content = SOURCE_MAP.sub(b"\n", content)
        if name.endswith(".css") and (foreign := URL.search(content)):
            raise VendorError(f"{name}: refers to {foreign[1].decode()}")
        taken[name] = content
    return taken


def sprite(read: Read) -> bytes:
    """One SVG with a symbol `tabler-NAME` per icon, to be used as `<use href="…/icons.svg#tabler-NAME">`."""
    ET.register_namespace("", SVG)
    root = ET.Element(f"{{{SVG}}}svg")
    for name in ICONS.read_text("utf-8").split():
        filled = name.endswith("-filled")
        path = f"icons/filled/{name.removesuffix('-filled')}.svg" if filled else f"icons/outline/{name}.svg"
        source = ET.fromstring(read(path))  # noqa: S314  # locked by digest
        symbol = ET.SubElement(root, f"{{{SVG}}}symbol", {"id": f"tabler-{name}", "viewBox": source.attrib["viewBox"]})
        symbol.attrib.update({key: source.attrib[key] for key in PRESENTATION if key in source.attrib})
        # The first path of every icon is an invisible frame.
        symbol.extend(child for child in source if child.attrib.get("stroke") != "none")
        for element in symbol.iter():
            element.text = element.tail = None
    ET.indent(root, space="")
    text: bytes = ET.tostring(root, encoding="utf-8")
    return text + b"\n"


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
