"""`midun compare --deposit` against the real server and log, and the report linked to its deposit by the opening."""

import json

import pytest

from midun.config import matching_commands
from midun.evidence.models import Deposit
from midun.kernel.orgs.services import begin_project
from midun.matching import services
from midun.matching.models import ComparisonProject
from tests.conftest import AT
from tests.evidence.conftest import engine, log, token_for  # noqa: F401  # fixtures
from tests.lib.similarity.building import prose
from tests.lib.similarity.reports import SECRET

pytestmark = pytest.mark.filterwarnings("ignore:No directory at")  # pages are not asked for here


@pytest.fixture
def sides(tmp_path):
    (tmp_path / "a.txt").write_text(SECRET, encoding="utf-8")
    (tmp_path / "b.txt").write_text(prose(7, 10) + SECRET[200:1200], encoding="utf-8")
    return [str(tmp_path / "a.txt"), str(tmp_path / "b.txt"), "--out", str(tmp_path / "out")]


def test_a_report_is_deposited_and_linked(sides, tmp_path, live_server, engine, cast, capsys):  # noqa: F811  # fixture
    token = token_for(cast.jia).secret
    call = ["compare", *sides, "--deposit", "--server", live_server.url, "--token", token]
    assert matching_commands.main(call) == 0
    assert "已存证：编号" in capsys.readouterr().err
    report = (tmp_path / "out/report.json").read_bytes()
    assert token not in report.decode()
    assert "--deposit" not in json.loads(report)["command"]
    actor = cast.actor("enterprise_admin")
    project = begin_project(ComparisonProject, enterprise=cast.jia, title="L-3", actor=actor, at=AT)
    summary = (tmp_path / "out/summary.json").read_bytes()
    made = services.submit_summary(project, data=summary, actor=actor, at=AT)
    deposit = Deposit.objects.unscoped("test").select_related("tenant").get()
    opening = (tmp_path / "out/report.json.存证/开启信息.json").read_bytes()
    services.link_deposit(made, deposit=deposit, opening=opening, actor=actor, at=AT)
    made.refresh_from_db()
    assert made.deposit == deposit


def test_without_a_platform_or_a_folder_it_says_so(sides, capsys, monkeypatch):
    monkeypatch.delenv("MIDUN_SERVER", raising=False)
    assert matching_commands.main(["compare", *sides, "--deposit"]) == 2
    assert "--server" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        matching_commands.main(["compare", *sides[:2], "--deposit"])
    assert "--out" in capsys.readouterr().err
