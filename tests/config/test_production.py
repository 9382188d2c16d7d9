"""The production path as docs/operations.md describes it, on a real PostgreSQL with its two roles."""

import re
import secrets
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from midun.config.environment import SITE_KEYS
from tests.processes import ROOT, Server, midun

PRODUCTION = {
    "MIDUN_ENV": "production",
    "MIDUN_SECRET_KEY": "k3y-f0r-" * 8,
    "MIDUN_HOSTS": "midun.example.gov.cn",
    "MIDUN_BASE_URL": "https://midun.example.gov.cn",
    "MIDUN_PROXIES": "127.0.0.1",
    **dict.fromkeys(SITE_KEYS.values(), "按实际填写"),
}
BROWSER = {"Host": "midun.example.gov.cn", "X-Forwarded-Proto": "https"}


def test_no_migration_is_missing(db):
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


@pytest.mark.django_db(transaction=True)
def test_the_settings_of_production_pass_the_check(settings):
    done = midun("admin", "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_a_wrong_configuration_is_said_in_words_not_in_a_traceback(db):
    done = midun("serve", **{**PRODUCTION, "MIDUN_HOSTS": "", "MIDUN_SECRET_KEY": "short"})
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "配置有误，服务没有启动："
    assert "MIDUN_HOSTS：未设置" in done.stderr
    assert "MIDUN_SECRET_KEY：不足 50 个字符" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_key_can_be_made_before_anything_is_configured(db):
    made = [midun("secret", MIDUN_ENV="production").stdout.strip() for _ in range(2)]
    assert len(set(made)) == 2
    assert all(len(key) > 60 for key in made)


def test_an_unknown_command_is_refused(db):
    done = midun("server")
    assert (done.returncode, "没有“server”这个命令" in done.stderr) == (2, True)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_was_not_migrated_is_not_served(tmp_path):
    done = midun("serve", MIDUN_HOME=str(tmp_path / "new"), MIDUN_DATABASE_URL="")
    assert done.returncode == 1
    assert "midun admin migrate" in done.stderr


def documented(pattern):
    """An indented block of the operations guide."""
    blocks = re.findall(r"(?:^    .*\n)+", (ROOT / "docs/operations.md").read_text(encoding="utf-8"), re.MULTILINE)
    return next(block for block in blocks if pattern in block)


@pytest.fixture
def installation(settings):
    """A database with the two roles, made by the statements of the guide; removed afterwards."""
    known = connection.settings_dict
    name = f"midun_{secrets.token_hex(4)}"
    text = documented("CREATE ROLE midun_owner").replace("'…'", "'secret'")
    text = re.sub(r"\bmidun_(owner|app)\b", rf"{name}_\1", text).replace("DATABASE midun ", f"DATABASE {name} ")
    outside, inside = text.split(r"\c midun")
    address = f"host={known['HOST']} user={known['USER']}"

    def run(sql, dbname="postgres"):
        with psycopg.connect(f"{address} dbname={dbname}", autocommit=True) as admin:
            for statement in filter(str.strip, sql.split(";")):
                admin.execute(statement)

    run(outside)
    run(inside, name)
    urls = {who: f"postgresql://{name}_{who}:secret@/{name}?host={known['HOST']}" for who in ("owner", "app")}
    yield name, urls
    run(f"DROP DATABASE {name} WITH (FORCE)")
    run(f"DROP ROLE {name}_owner; DROP ROLE {name}_app")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_the_guide_leads_to_an_installation_that_works(installation, settings):
    name, urls = installation
    as_owner = {**PRODUCTION, "MIDUN_DATABASE_URL": urls["owner"]}
    as_app = {**PRODUCTION, "MIDUN_DATABASE_URL": urls["app"]}
    made = midun("init", "--province", "310000", **as_owner)
    assert made.returncode == 0, made.stderr
    links = re.findall(r"https://midun\.example\.gov\.cn(/\S+)", made.stdout)
    assert len(links) == 3
    revoke = re.search(r'"(REVOKE .*?)"', documented("REVOKE UPDATE"))[1]
    with psycopg.connect(urls["owner"], autocommit=True) as owner:
        owner.execute(revoke.replace("midun_app", f"{name}_app"))
    with psycopg.connect(urls["app"], autocommit=True) as app:
        for forbidden in (
            "UPDATE trail_entry SET reason = 'x'",
            "DELETE FROM trail_entry",
            "TRUNCATE trail_entry",
            "ALTER TABLE trail_entry DISABLE TRIGGER ALL",
            "DROP TRIGGER trail_no_update ON trail_entry",
            "SET session_replication_role = replica",
            "CREATE TABLE x (y int)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(forbidden)
    checked = midun("admin", "check", "--deploy", "--fail-level", "WARNING", **as_app)
    assert checked.returncode == 0, checked.stderr
    assert midun("work", "--once", **as_app).returncode == 0
    with Server(**as_app) as server:
        for link in links:
            assert server.get(link, **BROWSER)[0] == 200, link
        assert server.get("/health/", **BROWSER)[0] == 200
    archive = Path(settings.MIDUN_HOME) / "first.tar"
    assert midun("backup", archive, **as_app).returncode == 0
    told = midun("trail", "verify", **as_app)
    assert told.returncode == 0, told.stderr
