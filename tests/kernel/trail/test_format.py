"""docs/formats/trail.md and the code say the same; an export is checked without a database."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midun.kernel.trail import chain

DOCUMENT = Path(__file__).resolve().parents[3] / "docs/formats/trail.md"


def block(language):
    return re.search(rf"```{language}\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)[1]


@pytest.fixture
def lines():
    return block("jsonl").splitlines()


def told(lines):
    return [fault.seq for fault in chain.export_faults(lines)]


def test_the_vectors_hold(lines):
    assert told(lines) == []
    first = json.loads(lines[0])
    fields = {name: first[name] for name in chain.FIELDS}
    assert chain.digest(fields, chain.GENESIS) == first["digest"]
    assert chain.canonical({**fields, "previous": first["previous"]}) == block("json").strip()


def test_the_fields_are_those_of_the_document():
    table = DOCUMENT.read_text(encoding="utf-8").split("## Canonical JSON")[0]
    assert tuple(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == chain.FIELDS


def test_the_program_of_the_document_checks_an_export(lines, tmp_path):
    program, export = tmp_path / "check.py", tmp_path / "trail.jsonl"
    program.write_text(block("python"), encoding="utf-8")
    export.write_text("\n".join(lines), encoding="utf-8")
    assert subprocess.run([sys.executable, program, export], check=False).returncode == 0
    export.write_text("\n".join(lines).replace("李晓梅", "李小梅"), encoding="utf-8")
    assert subprocess.run([sys.executable, program, export], check=False, capture_output=True).returncode != 0


def test_faults_of_an_export_are_found(lines):
    assert told([lines[0].replace("李晓梅", "李小梅"), lines[1]]) == [1]
    assert told(lines[::-1]) == [1]
    assert told([lines[0], lines[0]]) == [1]
    assert told([lines[1]]) == []  # a filtered export: the link cannot be checked, the digest can
    other = json.loads(lines[1])
    other["previous"] = "f" * 64
    other["digest"] = chain.digest(other, other["previous"])
    assert told([lines[0], json.dumps(other)]) == [2]


@pytest.mark.parametrize("line", ["", "[]", "{}", "oops", '{"seq": "1"}'])
def test_it_rejects_what_is_no_entry(lines, line):
    with pytest.raises(chain.BadExport, match="第 2 行"):
        list(chain.export_faults([lines[0], line]))


TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)


@given(st.lists(st.tuples(TEXT, TEXT, TEXT, st.none() | st.integers(0, 2**53)), min_size=1, max_size=6), st.data())
def test_any_chain_holds_and_any_change_shows(acts, data):
    lines, previous = [], chain.GENESIS
    for seq, (name, label, reason, user) in enumerate(acts, start=1):
        fields = dict.fromkeys(chain.FIELDS, "") | {"seq": seq, "user_id": user, "membership_id": None}
        fields |= {"user_name": name, "target_label": label, "reason": reason}
        digest = chain.digest(fields, previous)
        lines.append(chain.exported(fields, previous, digest))
        previous = digest
    assert told(lines) == []
    victim = data.draw(st.integers(0, len(lines) - 1))
    entry = json.loads(lines[victim])
    entry["reason"] += "x"
    assert told([*lines[:victim], json.dumps(entry), *lines[victim + 1 :]]) == [victim + 1]
