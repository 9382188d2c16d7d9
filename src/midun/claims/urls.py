"""Addresses of the claims ledger."""

from django.urls import path

from midun.claims.views import claim, ledger, own, suggestions

app_name = "claims"
urlpatterns = [
    path("", ledger.ledger, name="ledger"),
    path("ledger.pdf", ledger.ledger_paper, name="ledger-paper"),
    path("new/", ledger.new, name="new"),
    path("enterprises/", ledger.enterprises, name="enterprises"),
    path("own/", own.own, name="own"),
    path("own/new/", own.own_new, name="own-new"),
    path("own/<int:number>/", own.own_claim, name="own-claim"),
    path("suggestions/", suggestions.suggestions, name="suggestions"),
    path("suggestions/new/", suggestions.new_suggestion, name="suggestion-new"),
    path("suggestions/<int:number>/", suggestions.suggestion, name="suggestion"),
    path("suggestions/<int:number>/edit/", suggestions.edit_suggestion, name="suggestion-edit"),
    path("suggestions/<int:number>/void/", suggestions.void_suggestion, name="suggestion-void"),
    path("suggestions/<int:number>/restore/", suggestions.restore_suggestion, name="suggestion-restore"),
    path("<int:number>/", claim.claim, name="claim"),
    path("<int:number>/sheet.pdf", claim.paper, name="paper"),
    path("<int:number>/edit/", ledger.edit, name="edit"),
    path("<int:number>/void/", ledger.void, name="void"),
    path("<int:number>/restore/", ledger.restore, name="restore"),
    path("<int:number>/files/<int:file>/remove/", ledger.remove_file, name="file-remove"),
    path("<int:number>/<str:step>/", claim.act, name="act"),
]
