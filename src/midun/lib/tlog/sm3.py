"""The tree hash built on SM3, and SM3 itself for those who hash beside a tree."""

from midun.lib.sm.sm3 import Digest, new_sm3, sm3
from midun.lib.tlog.merkle import TreeHash

__all__ = ["SM3", "Digest", "new_sm3", "sm3"]

SM3 = TreeHash("sm3", sm3)
