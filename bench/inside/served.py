"""The product's settings as they are, with one address more: a view that does nothing."""

from midun.config.settings import *  # noqa: F403  # the settings, whole

ROOT_URLCONF = "bench.inside.served_urls"
