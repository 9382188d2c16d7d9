"""A claim in each of the states in which something can be done with it."""

import shutil
import subprocess

import pytest

from midun.claims import services

REPLY = "已上门讲解，并提供协议要点清单。"


@pytest.fixture
def raise_claim(cast, at):
    """`raise_claim()` registers a claim of 甲 by phone for 东区; every part can be given."""

    def register(who="district_officer", unit=None, enterprise=None, **fields):
        given = {"source": "phone", "topic": "personnel", "title": "离职人员如何约定竞业限制", **fields}
        return services.register(
            unit=unit or cast.east_bureau,
            enterprise=enterprise or cast.jia,
            actor=cast.actor(who),
            at=given.pop("at", at),
            **given,
        )

    return register


@pytest.fixture
def claim(raise_claim):
    """Registered, waiting to be taken on by 东区."""
    return raise_claim()


@pytest.fixture
def accepted(claim, cast, at):
    services.accept(claim, actor=cast.actor("district_officer"), at=at)
    claim.refresh_from_db()
    return claim


@pytest.fixture
def closed(accepted, cast, at):
    services.close(accepted, resolved=True, reply=REPLY, actor=cast.actor("district_officer"), at=at)
    accepted.refresh_from_db()
    return accepted


@pytest.fixture
def own_claim(cast, at):
    """Raised by 甲 itself."""
    return services.register(
        unit=services.handling_unit(cast.jia),
        enterprise=cast.jia,
        actor=cast.actor("enterprise_admin"),
        at=at,
        topic="rights",
        title="同行疑似使用我司客户资料",
        contact="王经理 13800000000",
    )


@pytest.fixture
def read_pdf(tmp_path):
    """`read_pdf(data)` gives the text of a PDF without white space."""
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext (poppler-utils) is not installed")

    def read(data):
        path = tmp_path / "read.pdf"
        path.write_bytes(data)
        found = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True)
        return "".join(found.stdout.split())

    return read
