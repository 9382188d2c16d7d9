"""`midun import enterprises`: the same from the command line."""

import io

import pytest
from django.core.management import CommandError, call_command

from midun.kernel.orgs.models import Organisation
from midun.kernel.trail.models import Entry
from midun.lib.sheets import read_tables
from tests.directory.test_enterprise_import import code, row, workbook

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path, at):
    path = tmp_path / "企业.xlsx"
    path.write_bytes(workbook([row(1), row(2), ["丙", "123"] + [""] * 8], at))
    return path


def run(*arguments):
    out, err = io.StringIO(), io.StringIO()
    status = 0
    try:
        call_command("import", "enterprises", *map(str, arguments), stdout=out, stderr=err)
    except SystemExit as stop:
        status = stop.code
    return status, out.getvalue(), err.getvalue()


def count():
    return Organisation.objects.unscoped("test").enterprises().count()


def test_dry_run_changes_nothing(cast, file):
    status, out, err = run(file, "--as", "district_officer", "--dry-run")
    assert (status, count()) == (1, 2)
    assert "新增 2，更新 0，相同 0，有错误 1" in out
    assert "第 4 行" in err


def test_it_works_and_twice_changes_nothing(cast, file, tmp_path):
    errors = tmp_path / "errors.xlsx"
    status, out, _ = run(file, "--as", "district_officer", "--errors", errors)
    assert (status, count()) == (1, 4)
    assert "已导入：新增 2 家" in out
    assert "应为 18 位" in str(read_tables(errors.read_bytes(), name="x.xlsx"))
    made = Organisation.objects.unscoped("test").get(credit_code=code(1))
    assert made.jurisdiction == cast.east
    assert Entry.objects.about(made).get().user_name == "district_officer"
    _, out, _ = run(file, "--as", "district_officer")
    assert "新增 0 家，更新 0 家，相同 2 家" in out


@pytest.mark.parametrize(
    ("who", "said"), [("nobody", "没有可以维护"), ("auditor", "没有可以维护"), ("enterprise_admin", "没有可以维护")]
)
def test_it_rejects_people_without_the_right(cast, file, who, said):
    with pytest.raises(CommandError, match=said):
        run(file, "--as", who)


def test_it_rejects_what_it_cannot_read(cast, tmp_path):
    with pytest.raises(CommandError, match="无法读取"):
        run(tmp_path / "nowhere.xlsx", "--as", "district_officer")
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(CommandError, match="没有找到表头"):
        run(path, "--as", "district_officer")
