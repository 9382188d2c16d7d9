"""Registry rows of an enterprise, and their registration file."""

from midun.lib.marking.keys import MarkKey
from midun.lib.marking.manifest import manifest
from midun.lib.marking.registry import Issued
from midun.marking import services
from tests.conftest import AT

KEY = MarkKey(bytes(range(32)), 3)


def row(number):
    """The copy of one recipient."""
    one = bytes([number]) * 8
    return Issued(
        one, 3, KEY.fingerprint, "a" * 64, "绝密配方.pdf", f"李雷{number}", "评审", AT.isoformat(), copy="b" * 64
    )


def approved(cast, at, copies=3, **more):
    """A batch of copies, approved by the second person."""
    fields = {"title": "R-21 评审发放", "channel": "mail", "expires_on": None, **more}
    data = fields.pop("data", None) or manifest([row(n) for n in range(copies)], KEY, "核心")
    officer, admin = cast.actor("confidentiality_officer"), cast.actor("enterprise_admin")
    batch = services.submit(enterprise=cast.jia, data=data, actor=officer, at=at, **fields)
    services.decide(batch, approved=True, reason="", actor=admin, at=at)
    return batch
