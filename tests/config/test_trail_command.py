"""`midun trail verify`: what the operator sees."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from midun.kernel.orgs.actor import system_actor
from midun.kernel.trail import anchors, chain, guard
from midun.kernel.trail.models import Entry
from midun.kernel.trail.services import head, record
from midun.kernel.trail.verbs import Verb

pytestmark = pytest.mark.django_db


@pytest.fixture
def written(at):
    for n in range(3):
        with transaction.atomic():
            record(actor=system_actor("甲"), verb=Verb.CREATED, target=None, at=at, label=f"第{n}件")


def run(*arguments):
    out, err = io.StringIO(), io.StringIO()
    code = 0
    try:
        call_command("trail", *arguments, stdout=out, stderr=err)
    except SystemExit as stop:
        code = stop.code
    return code, out.getvalue(), err.getvalue()


def cut():
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("DELETE FROM trail_entry WHERE seq = 3")
            cursor.execute("SET session_replication_role = DEFAULT")
            return
        cursor.execute("DROP TRIGGER trail_no_delete")
        cursor.execute("DELETE FROM trail_entry WHERE seq = 3")
        cursor.execute(guard.SQLITE["trail_no_delete"])


def test_it_works(written):
    code, out, _ = run("verify")
    assert code == 0
    assert out.startswith("核验通过：共 3 条")


def test_head_is_printed_and_can_be_expected(written):
    _, out, _ = run("head")
    assert out.strip() == "{}:{}".format(*head())
    assert run("verify", "--expect", out.strip())[0] == 0
    cut()
    code, _, err = run("verify", "--expect", out.strip())
    assert (code, "第 3 条" in err) == (1, True)


def test_anchors_are_compared_by_themselves(written, at, settings):
    anchors.note(settings.MIDUN_HOME, seq=head()[0], digest=head()[1], at=at)
    assert "已对照 1 个锚点" in run("verify")[1]
    cut()
    code, _, err = run("verify")
    assert code == 1
    assert "末尾的记录已被截去" in err


def test_an_exported_file_is_checked(written, tmp_path):
    path = tmp_path / "trail.jsonl"
    lines = [chain.exported(e.hashed_fields(), e.previous, e.digest) for e in Entry.objects.all()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert run("verify", "--file", str(path))[0] == 0
    changed = json.loads(lines[1]) | {"user_name": "乙"}
    path.write_text("\n".join([lines[0], json.dumps(changed), lines[2]]), encoding="utf-8")
    code, _, err = run("verify", "--file", str(path))
    assert (code, "第 2 条" in err) == (1, True)


@pytest.mark.parametrize("expect", ["3", "x:y", "3:abc"])
def test_it_rejects_a_head_that_is_none(written, expect):
    with pytest.raises(CommandError, match="--expect"):
        run("verify", "--expect", expect)


def test_it_rejects_a_file_that_is_no_export(written, tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text("oops\n", encoding="utf-8")
    with pytest.raises(CommandError, match="第 1 行"):
        run("verify", "--file", str(path))
    with pytest.raises(CommandError, match="无法核验"):
        run("verify", "--file", str(tmp_path / "nowhere"))
