"""Addresses of the claims ledger."""

from django.urls import path

from midun.claims import views

app_name = "claims"
urlpatterns = [
    path("", views.ledger, name="ledger"),
    path("new/", views.new, name="new"),
    path("own/", views.own, name="own"),
    path("own/new/", views.own_new, name="own-new"),
    path("own/<int:number>/", views.own_claim, name="own-claim"),
    path("suggestions/", views.suggestions, name="suggestions"),
    path("suggestions/new/", views.new_suggestion, name="suggestion-new"),
    path("suggestions/<int:number>/", views.suggestion, name="suggestion"),
    path("<int:number>/", views.claim, name="claim"),
    path("<int:number>/<str:step>/", views.act, name="act"),
]
