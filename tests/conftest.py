"""The named cast and the house's test rules.

Cast: a small tree 国家 → 沪市 → 东区 / 西区 → 东区一所, plus 执法总队 without a division code; officers at each level,
the three administrators, enterprises 甲 (owner) and 乙 (outsider, in 西区), a station, an expert.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")  # a busy machine is no failure: no test is timed

AT = datetime(2025, 6, 10, 2, 0, tzinfo=UTC)
"""The moment most tests take place: 2025-06-10 10:00 in Shanghai, a Tuesday in the service month."""

SHARED = Path(__file__).resolve().parents[2] / "shared"
"""Real inputs beside the checkout; tests that need them skip with a reason where they are absent."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--no-skips`: on CI a skipped test is a failure."""
    parser.addoption("--no-skips", action="store_true", help="fail when any test was skipped")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests of PostgreSQL alone belong to the run on PostgreSQL; they are not skipped elsewhere but not asked for."""
    if os.environ.get("MIDUN_TEST_DB") == "postgresql":
        return
    elsewhere = [item for item in items if item.get_closest_marker("postgresql")]
    if elsewhere:
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if item not in elsewhere]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn skips into failure where that was asked for."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.getoption("--no-skips") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each xdist worker has a database of its own.

    On SQLite test on a real file, so that locks behave as in production; without syncing, for speed.
    """
    from django.db import connection  # settings are configured by then

    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
        options = connection.settings_dict["OPTIONS"]
        options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real inputs, or a skip that says so."""
    if not SHARED.is_dir():
        pytest.skip("real inputs (../shared) are not beside this checkout")
    return SHARED


@pytest.fixture
def at() -> datetime:
    """The time of the act."""
    return AT


@pytest.fixture(autouse=True)
def _own_home(settings: Any, tmp_path: Path) -> None:
    """Every test has a data folder of its own and quick password hashing."""
    settings.MIDUN_HOME = tmp_path / "home"
    settings.STATIC_ROOT = tmp_path / "home" / "static"
    settings.STATIC_ROOT.mkdir(parents=True)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": str(tmp_path)}
    }
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(scope="session", autouse=True)
def _flush_past_the_trail() -> None:
    """Transactional tests empty all tables afterwards; the trail's triggers must stand aside for that, only there."""
    from django.db import connection  # settings are configured by then

    operations = type(connection.ops)
    real = operations.execute_sql_flush
    guard = import_module("midun.kernel.trail.guard")

    def flush(self: Any, statements: list[str]) -> None:
        with self.connection.cursor() as cursor:
            if self.connection.vendor == "postgresql":
                cursor.execute("SET session_replication_role = replica")
                real(self, statements)
                cursor.execute("SET session_replication_role = DEFAULT")
                return
            for name in guard.SQLITE:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            real(self, statements)
            for statement in guard.SQLITE.values():
                cursor.execute(statement)

    operations.execute_sql_flush = flush  # type: ignore[method-assign]  # for the whole test session


@dataclass
class Cast:
    """Everybody, by name. Memberships are what tests act as; `.actor()` gives the actor."""

    nodes: dict[str, Any] = field(default_factory=dict)
    organisations: dict[str, Any] = field(default_factory=dict)
    memberships: dict[str, Any] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        """`cast.city_officer` is a membership, `cast.jia` an organisation, `cast.city` a node."""
        for shelf in ("memberships", "organisations", "nodes"):
            found = self.__dict__.get(shelf, {})
            if name in found:
                return found[name]
        raise AttributeError(name)

    def actor(self, name: str) -> Any:
        """The actor of the membership called `name`."""
        return self.memberships[name].actor()


PEOPLE = {
    "nation_officer": ("samr", "officer"),
    "province_officer": ("province_bureau", "officer"),
    "city_officer": ("city_bureau", "officer"),
    "city_leader": ("city_bureau", "leader"),
    "corps_officer": ("corps", "officer"),
    "district_officer": ("east_bureau", "officer"),
    "district_officer_2": ("east_bureau", "officer"),
    "district_leader": ("east_bureau", "leader"),
    "liaison_officer": ("east_bureau", "liaison_officer"),
    "other_district_officer": ("west_bureau", "officer"),
    "station_staff": ("station", "station_staff"),
    "enterprise_admin": ("jia", "enterprise_admin"),
    "confidentiality_officer": ("jia", "confidentiality_officer"),
    "other_enterprise_admin": ("yi", "enterprise_admin"),
    "expert": ("law_firm", "expert"),
    "notary_officer": ("notary", "notary_officer"),
    "system_admin": ("city_bureau", "system_admin"),
    "security_admin": ("city_bureau", "security_admin"),
    "auditor": ("city_bureau", "auditor"),
}
"""Name of the membership → (organisation, role)."""

JIA_CODE = "91310000MA1K35XR8Q"
YI_CODE = "91310000MA1K35Y703"


@pytest.fixture
def cast(db: None, at: datetime) -> Cast:
    """Build the cast."""
    from midun.kernel.orgs import services as orgs  # settings are configured by then
    from midun.kernel.orgs.actor import system_actor
    from midun.kernel.orgs.enums import Level, OrganisationKind
    from midun.kernel.orgs.models import User

    founder = system_actor("测试")
    made = Cast()

    def node(key: str, name: str, level: Level, parent: str | None, code: str = "") -> None:
        above = made.nodes[parent] if parent else None
        made.nodes[key] = orgs.add_jurisdiction(
            actor=founder, at=at, name=name, level=level, parent=above, division_code=code
        )

    def organisation(key: str, name: str, kind: OrganisationKind, where: str, **more: Any) -> None:
        made.organisations[key] = orgs.add_organisation(
            actor=founder, at=at, name=name, kind=kind, jurisdiction=made.nodes[where], **more
        )

    node("nation", "国家", Level.NATION, None)
    node("province", "江省", Level.PROVINCE, "nation", "990000")
    node("city", "沪市", Level.CITY, "province", "990100")
    node("corps_node", "沪市执法总队", Level.COUNTY, "city")
    node("east", "东区", Level.COUNTY, "city", "990101")
    node("west", "西区", Level.COUNTY, "city", "990102")
    node("station_node", "东区张江服务站", Level.STATION, "east")
    organisation("samr", "市场监管总局", OrganisationKind.BUREAU, "nation")
    organisation("province_bureau", "江省市场监管局", OrganisationKind.BUREAU, "province")
    organisation("city_bureau", "沪市市场监管局", OrganisationKind.BUREAU, "city", short_name="市市场监管局")
    organisation("corps", "沪市市场监管局执法总队", OrganisationKind.BUREAU, "corps_node", short_name="市局执法总队")
    organisation("east_bureau", "东区市场监管局", OrganisationKind.BUREAU, "east")
    organisation("west_bureau", "西区市场监管局", OrganisationKind.BUREAU, "west")
    organisation("station", "张江商业秘密保护服务站", OrganisationKind.SERVICE_STATION, "station_node")
    organisation("jia", "甲精密机械有限公司", OrganisationKind.ENTERPRISE, "east", credit_code=JIA_CODE)
    organisation("yi", "乙生物医药股份有限公司", OrganisationKind.ENTERPRISE, "west", credit_code=YI_CODE)
    organisation("notary", "沪江公证处", OrganisationKind.NOTARY, "city")
    organisation("law_firm", "正明律师事务所", OrganisationKind.LAW_FIRM, "city")
    for name, (where, role) in PEOPLE.items():
        user = User.objects.create_user(
            username=name, password="Correct-Horse-9", name=f"{name}", email=f"{name}@example.cn"
        )
        made.memberships[name] = orgs.grant(
            user=user, organisation=made.organisations[where], role=role, actor=founder, at=at
        )
    return made


@pytest.fixture
def login(cast: Cast) -> Callable[..., Any]:
    """`login("city_officer")` gives a test client signed in as that membership; `login("visitor")` an anonymous one.

    Administrators have enrolled the second factor the house asks of them, unless `enrolled=False`.
    """
    from allauth.mfa.models import Authenticator  # settings are configured by then
    from django.test import Client

    from midun.kernel.orgs.enums import ADMIN_ROLES

    def sign_in(name: str, *, enrolled: bool = True) -> Client:
        client = Client()
        if name != "visitor":
            if enrolled and cast.memberships[name].role in ADMIN_ROLES:
                Authenticator.objects.get_or_create(
                    user=cast.memberships[name].user,
                    type=Authenticator.Type.TOTP,
                    defaults={"data": {"secret": "JBSWY3DPEHPK3PXP"}},
                )
            client.force_login(cast.memberships[name].user)
            session = client.session
            session["membership"] = cast.memberships[name].pk
            session.save()
        return client

    return sign_in


@pytest.fixture
def soon() -> Iterator[None]:
    """Run on_commit callbacks at once inside a test transaction."""
    from django.test import TestCase

    with TestCase.captureOnCommitCallbacks(execute=True):
        yield
