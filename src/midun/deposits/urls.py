"""Addresses of the deposit pages."""

from django.urls import path

from midun.deposits.views import deposits, handoffs, projects, quotas, received, tokens

app_name = "deposits"
urlpatterns = [
    path("", deposits.deposits, name="list"),
    path("new/", deposits.new, name="new"),
    path("first/", deposits.first, name="first"),
    path("explained/", deposits.explained, name="explained"),
    path("open/", deposits.open_one, name="open-one"),
    path("projects/", projects.projects, name="projects"),
    path("projects/new/", projects.project_new, name="project-new"),
    path("projects/<uuid:project>/", projects.project, name="project"),
    path("projects/<uuid:project>/edit/", projects.project_edit, name="project-edit"),
    path("handoffs/", handoffs.handoffs, name="handoffs"),
    path("handoffs/new/", handoffs.handoff_new, name="handoff-new"),
    path("handoffs/<uuid:handoff>/", handoffs.handoff, name="handoff"),
    path("handoffs/<uuid:handoff>/file.zip", handoffs.handoff_file, name="handoff-file"),
    path("received/", received.received, name="received"),
    path("received/<uuid:handoff>/", received.received_one, name="received-one"),
    path("received/<uuid:handoff>/file.zip", received.received_file, name="received-file"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/new/", tokens.token_new, name="token-new"),
    path("tokens/<int:number>/revoke/", tokens.token_revoke, name="token-revoke"),
    path("quotas/", quotas.quotas, name="quotas"),
    path("quotas/<int:number>/", quotas.quota, name="quota"),
    path("<uuid:deposit>/", deposits.deposit, name="deposit"),
    path("<uuid:deposit>/statement/", deposits.statement, name="statement"),
]
