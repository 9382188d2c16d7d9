"""The benchmarks run, at a tiny size and without a clock: what they compare is equal, what they draw is the same."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench import pages
from bench.__main__ import main
from bench.load import BadAnswer, press
from bench.table import Report, Table, write


@pytest.fixture
def month(db):
    from bench.inside import rollup

    return rollup.prepare(share=0.0005, units=20)


def test_the_month_is_the_same_on_every_database(month):
    """The same sizes draw the same records: what this says holds on SQLite and PostgreSQL."""
    from midun.activities.models import Participation

    assert month["rows"] == {
        "Jurisdiction": 20, "Organisation": 220, "Activity": 500, "Participation": 4998, "Visit": 250,
        "Suggestion": 250, "Claim": 100, "QuestionnaireHandout": 50, "NewsItem": 50, "GovReport": 25, "TypicalCase": 5,
    }  # fmt: skip
    counted = Participation.objects.unscoped("test").filter(counts=True, enterprise__isnull=False)
    assert counted.count() == 4332
    assert counted.values("enterprise").distinct().count() == 200


def test_the_product_a_recount_and_sql_by_hand_agree_on_every_figure(month):
    from bench.inside import rollup

    found = rollup.measure(rounds=1)
    assert {name: len(rows) for name, rows in found["scopes"].items()} == {"nation": 17, "province": 17, "district": 17}
    values = {row["figure"]: row["value"] for row in found["scopes"]["nation"]}
    assert all(values.values()), values
    assert len(found["pages"]) == 5
    assert found["memory"] > 0


def test_a_wrong_number_fails_the_roll_up(month):
    from bench.inside import rollup
    from midun.kernel.statistics.models import DayCount

    DayCount.objects.unscoped("test").filter(series="events.held.publicity").update(number=1)
    with pytest.raises(rollup.NotEqual, match="pub_events"):
        rollup.measure(rounds=1)


def test_acts_are_measured_with_their_counts(month):
    from bench.inside import rollup

    assert set(rollup.acts(number=2)) == {"following", "alone"}


def test_what_was_left_without_indexes_has_them_again(transactional_db):
    from django.db import connection

    from bench.inside.bulk import without_indexes
    from midun.activities.models import Activity, Participation

    def indexes():
        with connection.cursor() as cursor:
            return {
                name: found["columns"]
                for model in (Activity, Participation)
                for name, found in connection.introspection.get_constraints(cursor, model._meta.db_table).items()
                if found["index"] or found["unique"]
            }

    before = indexes()
    with without_indexes([Activity, Participation]):
        assert len(indexes()) < len(before)
    assert indexes() == before


def test_the_import_is_measured(db, tmp_path):
    from bench.inside import imports

    files = imports.make(folder=str(tmp_path), rows=30, files=2)
    assert imports.measure(files=files)["rows"] == 30
    for reader in ("calamine", "openpyxl"):
        assert imports.floor(files=files, reader=reader)["cells"] == 31 * 10


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = (self.headers["Cookie"] or "").encode()
        self.send_response(404 if self.path == "/missing" else 200)
        if self.path == "/chunked":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"3\r\nabc\r\n0\r\n\r\n")
            return
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as made:
        made.daemon_threads = True
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield made.server_address[1]
        made.shutdown()
        thread.join()


@pytest.mark.parametrize("path", ["/", "/chunked"])
def test_clients_press_and_answers_are_counted(server, path):
    load = press(server, path, ["a=1", "b=2"], seconds=0.2, warm_up=0.05)
    assert len(load.answers) >= 4
    assert load.per_second > 0
    assert 0 < load.percentile(50) <= load.percentile(95)


def test_a_page_that_fails_is_no_result(server):
    with pytest.raises(ExceptionGroup) as failed:
        press(server, "/missing", ["a=1"], seconds=0.1)
    assert failed.group_contains(BadAnswer, match="/missing answers 404")


def test_reports_are_shown_and_written_into_the_document(tmp_path):
    document = tmp_path / "benchmarks.md"
    document.write_text("前\n<!-- pages -->\n旧\n<!-- /pages -->\n后\n", encoding="utf-8")
    report = Report("pages", "页面", [Table("SQLite", ["页面", "请求／秒"], [["工作台", "9.5"]], "说明")])
    assert "工作台       9.5" in report.text()
    write(report, document)
    text = document.read_text(encoding="utf-8")
    assert text.startswith("前\n<!-- pages -->\n## 页面")
    assert "| 工作台 | 9.5 |" in text
    assert "旧" not in text
    assert text.endswith("<!-- /pages -->\n后\n")
    with pytest.raises(ValueError, match="no section imports"):
        write(Report("imports", "", []), document)


@pytest.mark.slow
def test_the_command_serves_and_presses_the_real_pages(monkeypatch, capsys):
    """One benchmark as `make bench` runs it: an installation of its own, the product's server, clients over loopback."""
    monkeypatch.setattr(pages, "CLIENTS", 3)
    monkeypatch.setattr("bench.load.LEAST", 4)
    assert main(["pages", "--size", "0.01", "--database", "sqlite", "--seconds", "0.5"]) == 0
    printed = capsys.readouterr().out
    assert all(title in printed for title in pages.PAGES)


def test_a_folder_is_digested_beside_sha256sum():
    from bench import verifying

    table = verifying._folder(12)
    assert [row[0] for row in table.rows][:2] == ["只读（下限）", "sha256sum"]
    assert table.rows[1][2] == "1.00×"


def test_the_bundle_of_the_benchmark_is_valid_for_the_library_and_the_one_file():
    from bench import verifying
    from midun.lib.bundle.verifying import verify_bundle

    case = verifying._case()
    data = case.bundle.encode()
    assert verify_bundle(data, opening=case.opening).status == "valid"
    assert verifying._process(data, case.opening) > 0
