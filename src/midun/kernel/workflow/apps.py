"""Django's handle on workflows and the calendar."""

from django.apps import AppConfig


class WorkflowConfig(AppConfig):
    """Workflows and working days."""

    name = "midun.kernel.workflow"
    verbose_name = "流程与日历"
