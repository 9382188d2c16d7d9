"""Addresses of visits."""

from django.urls import path

from midun.visits import views

app_name = "visits"
urlpatterns = [
    path("", views.visits, name="visits"),
    path("new/", views.new, name="new"),
    path("search/", views.search, name="search"),
    path("<int:number>/", views.visit, name="visit"),
    path("<int:number>/edit/", views.edit, name="edit"),
    path("<int:number>/void/", views.void, name="void"),
]
