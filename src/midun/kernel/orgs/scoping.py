"""Access is part of fetching: `Model.objects` raises until it is told for whom it fetches."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission


class Unscoped(Exception):
    """Rows were asked for without saying for whom (`visible_to`) or why not (`unscoped`)."""


class ScopedQuerySet(models.QuerySet[Any]):
    """A query set that refuses to run before it is scoped. Subclasses say who sees what in `scope_for`."""

    _scope: str | None = None

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """The condition under which a row is visible to `actor`. Must be overridden; nobody sees by default."""
        raise NotImplementedError(f"{cls.__name__}.scope_for")

    def visible_to(self, actor: Actor) -> Self:
        """Only what `actor` may see."""
        scoped = self._with_scope("actor")
        return scoped.filter(self.scope_for(actor))

    def unscoped(self, reason: str) -> Self:
        """Everything, for a stated reason (counting by path, jobs, imports)."""
        if not reason:
            raise Unscoped("unscoped() needs a reason")
        return self._with_scope(reason)

    def _with_scope(self, scope: str) -> Self:
        copy = self._chain()  # type: ignore[attr-defined]  # Django's own clone hook, untyped in the stubs
        copy._scope = scope
        return copy  # type: ignore[no-any-return]  # same reason

    def _clone(self) -> Self:
        copy = super()._clone()  # type: ignore[misc]  # Django's own clone hook, untyped in the stubs
        copy._scope = self._scope
        return copy  # type: ignore[no-any-return]  # same reason

    def _guard(self) -> None:
        if self._scope is None:
            raise Unscoped(f"{self.model.__name__}.objects: say .visible_to(actor) or .unscoped(reason)")

    def _fetch_all(self) -> None:
        self._guard()
        super()._fetch_all()  # type: ignore[misc]  # Django's own hook, untyped in the stubs

    def iterator(self, chunk_size: int | None = None) -> Any:
        """As Django's, guarded."""
        self._guard()
        return super().iterator(chunk_size)

    def count(self) -> int:
        """As Django's, guarded."""
        self._guard()
        return super().count()

    def exists(self) -> bool:
        """As Django's, guarded."""
        self._guard()
        return super().exists()

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """As Django's, guarded."""
        self._guard()
        return super().aggregate(*args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        """As Django's, guarded."""
        self._guard()
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        """As Django's, guarded."""
        self._guard()
        return super().delete()

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Any:
        """As Django's, guarded: an unscoped sub-query would leak as well."""
        self._guard()
        return super().resolve_expression(*args, **kwargs)  # type: ignore[misc]  # untyped in the stubs

    @classmethod
    def guarded(cls) -> Any:
        """The manager to be called `objects`: raises until scoped."""
        return models.Manager.from_queryset(cls)()

    @classmethod
    def reachable(cls) -> Any:
        """The manager for what is reached through an object already fetched (`activity.participations`)."""
        base = models.Manager.from_queryset(cls)

        class ReachableManager(base):  # type: ignore[misc, valid-type]  # built at run time
            """Default manager: used by Django itself for relations, never by name in apps (house rule)."""

            def get_queryset(self) -> ScopedQuerySet:
                return super().get_queryset()._with_scope("reached through a fetched object")  # type: ignore[no-any-return]  # Django's own manager is untyped

        return ReachableManager()


class PublicQuerySet(ScopedQuerySet):
    """Rows that anybody may see (public tables such as division codes)."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:  # noqa: ARG003  # everybody, whoever asks
        """No condition."""
        return Q()


NOBODY = Q(pk__in=())
"""A condition that no row meets."""


class OwnQuerySet(ScopedQuerySet):
    """Rows of an organisation that only its own members with a right see; nobody above it and no administrator does.

    Subclasses name the `right` and, where it is not `enterprise_id`, the path to the organisation's key.
    """

    right: ClassVar[Permission]
    owner: ClassVar[str] = "enterprise_id"

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """Only the actor's own organisation."""
        if actor.organisation_id is None or not actor.may(cls.right):
            return NOBODY
        return Q(**{cls.owner: actor.organisation_id})
