"""What the documents say is what the code does."""

import re
from pathlib import Path

import pytest

from midun.config.cli import COMMANDS
from tools.docs import ROOT, tables

DOCUMENTS = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
LINK = re.compile(r"\[[^\]]*\]\((?!https?://|#)([^)#\s]+)")


def test_tables_are_generated_from_the_code():
    assert {path.name: path.read_text(encoding="utf-8") for path in tables()} == {
        path.name: text for path, text in tables().items()
    }, "run `python tools/docs.py --tables`"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path):
    targets = LINK.findall(document.read_text(encoding="utf-8"))
    assert [t for t in targets if not (document.parent / t).exists()] == []


def test_named_files_exist():
    """A path in back quotes that looks like one of ours is one."""
    named = re.compile(r"`((?:src|tests|docs|content|bench|tools)/[\w./-]+)`")
    missing = {
        f"{document.relative_to(ROOT)}: {path}"
        for document in DOCUMENTS
        for path in named.findall(document.read_text(encoding="utf-8"))
        if not (ROOT / path).exists()
    }
    assert missing == set()


def test_the_readme_names_every_command():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"midun {name}" not in text] == []


def test_sizes_of_the_two_texts_for_programmers():
    assert (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").count("\n") <= 200
    assert (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").count("\n") <= 120
