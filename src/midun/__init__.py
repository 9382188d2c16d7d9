"""秘盾 (midun): the open platform on which trade secrets are protected together."""

__version__ = "0.1.0"
