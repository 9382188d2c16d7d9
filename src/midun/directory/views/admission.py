"""Pages open to more than one right."""

from django.core.exceptions import PermissionDenied

from midun.kernel.orgs.enums import Permission
from midun.kernel.web.page import PageRequest


def require_any(request: PageRequest, *permissions: Permission) -> None:
    """Raise 403 unless the actor has one of the rights."""
    if not any(request.actor.may(permission) for permission in permissions):
        raise PermissionDenied(f"当前身份没有“{permissions[0].label}”的权限")
