"""Every missing or wrong value is named at once, in words that say what to do."""

import os
import tempfile
import threading

import pytest

from midun.config.addresses import BadAddress, database_from, email_from
from midun.config.environment import ConfigurationError, kept_secret, new_secret, read

GOOD = {
    "MIDUN_ENV": "production",
    "MIDUN_SECRET_KEY": "k3y-f0r-" * 8,
    "MIDUN_HOSTS": "midun.example.gov.cn, .sub.example.gov.cn",
    "MIDUN_BASE_URL": "https://midun.example.gov.cn/",
    "MIDUN_DATABASE_URL": "postgresql://midun:%E5%AF%86%40@db:5433/midun?sslmode=require",
    "MIDUN_PROXIES": "127.0.0.1,10.0.0.0/24",
    "MIDUN_EMAIL_URL": "smtps://a:b@mail:465?from=noreply@example.gov.cn",
    "MIDUN_SITE_ICP": "沪ICP备00000000号",
    "PORT": "8100",
}


@pytest.fixture
def told(tmp_path):
    """What the operator is told about an environment; "" when it is taken."""

    def tell(**changes):
        environ = {"MIDUN_HOME": str(tmp_path), **GOOD, **changes}
        try:
            read({name: value for name, value in environ.items() if value is not None})
        except ConfigurationError as error:
            return str(error)
        return ""

    return tell


def test_development_needs_nothing(tmp_path):
    found = read({"MIDUN_HOME": str(tmp_path)})
    assert found.database["NAME"] == str(tmp_path / "midun.sqlite3")
    assert read({"MIDUN_HOME": str(tmp_path)}).secret_key == found.secret_key
    assert (tmp_path / "keys" / "secret.key").stat().st_mode & 0o077 == 0


def test_production_works(tmp_path):
    found = read({"MIDUN_HOME": str(tmp_path), **GOOD})
    assert found.base_url == "https://midun.example.gov.cn"
    assert (found.database["PASSWORD"], found.database["PORT"]) == ("密@", "5433")
    assert found.database["OPTIONS"]["sslmode"] == "require"
    assert found.email["EMAIL_USE_SSL"] is True
    assert [str(network) for network in found.proxies] == ["127.0.0.1/32", "10.0.0.0/24"]
    assert found.site["icp"] == "沪ICP备00000000号"


def test_production_names_everything_missing_at_once(tmp_path):
    with pytest.raises(ConfigurationError) as error:
        read({"MIDUN_HOME": str(tmp_path), "MIDUN_ENV": "production"})
    said = str(error.value)
    for name in ("MIDUN_SECRET_KEY", "MIDUN_HOSTS", "MIDUN_BASE_URL", "MIDUN_DATABASE_URL", "MIDUN_PROXIES"):
        assert said.count(f"\n  {name}：未设置。") == 1


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("MIDUN_ENV", "prod", "正式环境填 production"),
        ("MIDUN_SECRET_KEY", None, "用 midun secret 生成"),
        ("MIDUN_SECRET_KEY", "short", "不足 50 个字符"),
        ("MIDUN_SECRET_KEY", "k" * 64, "过于简单"),
        ("MIDUN_HOSTS", None, "填写对外域名"),
        ("MIDUN_HOSTS", "*", "“*”不是域名"),
        ("MIDUN_HOSTS", "https://midun.example.gov.cn", "不是域名"),
        ("MIDUN_BASE_URL", None, "填写对外地址"),
        ("MIDUN_BASE_URL", "http://midun.example.gov.cn", "必须是 https://"),
        ("MIDUN_BASE_URL", "https://midun.example.gov.cn/portal", "不带路径"),
        ("MIDUN_BASE_URL", "midun.example.gov.cn", "应形如"),
        ("MIDUN_BASE_URL", "https://other.example.cn", "不在 MIDUN_HOSTS 中"),
        ("MIDUN_DATABASE_URL", None, "如 postgresql://"),
        ("MIDUN_DATABASE_URL", "mysql://x/y", "支持 sqlite:/// 和 postgresql://"),
        ("MIDUN_DATABASE_URL", "postgresql://a@b", "数据库名"),
        ("MIDUN_DATABASE_URL", "postgresql://a:p/w@b:5432/midun", "百分号编码"),
        ("MIDUN_DATABASE_URL", "postgresql://a:b@c:99999/midun", "端口应为"),
        ("MIDUN_DATABASE_URL", "postgresql://[a/midun", "无法解析"),
        ("MIDUN_DATABASE_URL", "sqlite://midun.sqlite3", "sqlite:////"),
        ("MIDUN_PROXIES", None, "反向代理的地址"),
        ("MIDUN_PROXIES", "nginx", "“nginx”不是网络地址"),
        ("MIDUN_EMAIL_URL", "https://mail", "应形如 smtps://"),
        ("MIDUN_EMAIL_URL", "smtp://a:b@mail:x", "端口应为"),
        ("MIDUN_EMAIL_URL", "smtp://mail", "from="),
        ("MIDUN_DATABSE_URL", "x", "没有这个配置项"),
        ("PORT", "http", "1—65535"),
    ],
)
def test_it_rejects_a_wrong_value_by_name(told, name, value, sentence):
    said = told(**{name: value})
    assert sentence in said
    assert f"\n  {name}" in said
    assert len(said.splitlines()) == 3


def test_the_example_values_are_right(told):
    assert told() == ""
    assert told(MIDUN_HOSTS=".example.gov.cn") == ""


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("", "/srv/midun/midun.sqlite3"),
        ("sqlite:///other.sqlite3", "/srv/midun/other.sqlite3"),
        ("sqlite:////data/a%20b.sqlite3", "/data/a b.sqlite3"),
    ],
)
def test_paths_of_sqlite(tmp_path, url, path):
    home = tmp_path.__class__("/srv/midun")
    assert database_from(url, home=home)["NAME"] == path


def test_a_socket_folder_is_taken_as_host(tmp_path):
    found = database_from("postgresql://midun@/midun?host=/run/postgresql", home=tmp_path)
    assert (found["HOST"], found["NAME"]) == ("/run/postgresql", "midun")


def test_no_mail_server_is_fine():
    assert email_from("") == {}
    with pytest.raises(BadAddress):
        email_from("smtp://")


def test_a_home_that_cannot_be_made(told, tmp_path):
    (tmp_path / "file").write_text("")
    assert "无法创建数据目录" in told(MIDUN_HOME=str(tmp_path / "file" / "x"))


def test_a_home_that_cannot_be_written(told):
    """Root may write everywhere, so as root the test steps down to nobody for a moment."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o555)  # noqa: PTH101, S103  # readable, not writable
        before = os.geteuid()
        os.seteuid(65534 if before == 0 else before)
        try:
            said = told(MIDUN_HOME=folder)
        finally:
            os.seteuid(before)
    assert "没有写入权限" in said


def test_processes_starting_together_share_one_key(tmp_path):
    found = []
    threads = [threading.Thread(target=lambda: found.append(kept_secret(tmp_path))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert list(tmp_path.rglob(".secret*")) == []
    assert found[0] != new_secret()
