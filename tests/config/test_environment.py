"""Every missing value is named at once, in words."""

import pytest

from midun.config.environment import ConfigurationError, database_from, read


def test_development_needs_nothing(tmp_path):
    found = read({"MIDUN_HOME": str(tmp_path)})
    assert found.database["ENGINE"].endswith("sqlite3")
    assert read({"MIDUN_HOME": str(tmp_path)}).secret_key == found.secret_key
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0


def test_production_names_everything_missing(tmp_path):
    with pytest.raises(ConfigurationError) as error:
        read({"MIDUN_HOME": str(tmp_path), "MIDUN_ENV": "production"})
    for name in ("MIDUN_SECRET_KEY", "MIDUN_HOSTS", "MIDUN_BASE_URL", "MIDUN_DATABASE_URL"):
        assert f"  {name}" in str(error.value)


def test_production_works(tmp_path):
    found = read(
        {
            "MIDUN_HOME": str(tmp_path),
            "MIDUN_ENV": "production",
            "MIDUN_SECRET_KEY": "k" * 64,
            "MIDUN_HOSTS": "midun.example.gov.cn",
            "MIDUN_BASE_URL": "https://midun.example.gov.cn/",
            "MIDUN_DATABASE_URL": "postgresql://midun:%E5%AF%86@db:5433/midun?sslmode=require",
            "MIDUN_EMAIL_URL": "smtps://a:b@mail:465?from=noreply@example.gov.cn",
        }
    )
    assert found.base_url == "https://midun.example.gov.cn"
    assert (found.database["PASSWORD"], found.database["PORT"], found.database["OPTIONS"]) == (
        "密",
        "5433",
        {"sslmode": "require"},
    )
    assert found.email["EMAIL_USE_SSL"] is True


@pytest.mark.parametrize("url", ["mysql://x", "nonsense", ""])
def test_it_rejects_other_databases(url):
    with pytest.raises(ConfigurationError, match="支持 sqlite"):
        database_from(url)


def test_a_home_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="MIDUN_HOME"):
        read({"MIDUN_HOME": str(tmp_path / "file" / "x")})
