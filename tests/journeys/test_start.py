"""A newcomer: the demonstration starts, tells its logins, and keeps its data when it starts again."""

import json

import pytest

pytestmark = pytest.mark.journey


def test_everybody_gets_to_the_desk(product, visitors):
    told = json.loads(product.midun("demo", "--json"))
    assert told["address"] == product.address
    for login in told["logins"]:
        if login["username"] in ("sysadmin", "security", "auditor"):
            continue  # they must enrol their second factor first
        page = visitors.person(login["username"])
        page.goto("/desk/")
        assert login["unit"] in page.content() or login["role"] in page.content()
        page.context.close()


def test_data_survives_kill_and_restart(product, visitors):
    page = visitors.person("district")
    page.goto("/activities/")
    before = page.locator("table tbody tr, .record-card").count()
    assert before > 0
    product.kill()
    product.start()
    page.goto("/activities/")
    assert page.locator("table tbody tr, .record-card").count() == before
    assert "核验通过" in product.midun("trail", "verify")
