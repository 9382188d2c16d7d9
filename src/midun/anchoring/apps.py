"""Django's handle on the app."""

from django.apps import AppConfig


class AnchoringConfig(AppConfig):
    """见证与时间戳."""

    name = "midun.anchoring"
    verbose_name = "见证与时间戳"

    def ready(self) -> None:
        """Let the evidence service ask what covers a checkpoint, whom it trusts, and how the anchors are doing."""
        from midun.anchoring.running import tell  # noqa: PLC0415  # models exist only from here on

        tell()
