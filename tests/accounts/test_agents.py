"""Browsers in words."""

import pytest

from midun.accounts.agents import described

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36"


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (WINDOWS, "Chrome · Windows"),
        (WINDOWS + " Edg/141.0", "Edge · Windows"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/130 Mobile MicroMessenger/8.0", "微信 · 安卓"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari · iPhone"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", ""),
    ],
)
def test_it_works(agent, said):
    assert described(agent) == said
