"""Showing the platform where a deposited file comes from: by choice, once."""

from datetime import datetime

from django.db import transaction

from midun.deposits.statement import BadStatement, read
from midun.evidence.models import Deposit, Statement
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.services import NotPossible, Refused, require
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb


class StatementProblem(NotPossible):
    """The statement cannot be shown."""


@transaction.atomic
def show_statement(deposit: Deposit, *, text: str, actor: Actor, at: datetime) -> Statement:
    """Keep the statement with the deposit. It cannot be taken back or changed: receivers of the bundle may have it.

    The same text again changes nothing. Raises `Refused`, `StatementProblem`. The trail does not repeat the text.
    """
    require(actor, Permission.DEPOSIT)
    held = Deposit.objects.unscoped("lock").select_for_update(of=("self",)).select_related("tenant").get(pk=deposit.pk)
    if actor.user_id is not None and actor.organisation_id != held.tenant.enterprise_id:
        raise Refused("只能出示本企业存证的来源说明")
    try:
        read(text)
    except BadStatement as bad:
        raise StatementProblem(str(bad)) from bad
    before = Statement.objects.unscoped("shown before").filter(deposit=held).first()
    if before is not None:
        if before.text != text:
            raise StatementProblem("这条存证已出示过另一份来源说明，不能更改")
        return before  # type: ignore[no-any-return]  # managers are built at run time
    made: Statement = Statement.objects.create(deposit=held, text=text, shown_at=at, shown_by_id=actor.user_id)
    record(actor=actor, verb=Verb.STATEMENT_SHOWN, target=held, at=at)
    return made
