"""Addresses of people and their accounts."""

from django.urls import path

from midun.accounts import views

app_name = "accounts"
urlpatterns = [
    path("account/", views.account, name="account"),
    path("join/<str:token>/", views.join, name="join"),
    path("people/", views.people, name="people"),
    path("people/own/", views.own_people, name="own-people"),
    path("people/<int:number>/", views.person, name="person"),
    path("invitations/", views.invitations, name="invitations"),
    path("invitations/new/", views.invitation_new, name="invite"),
    path("invitations/<int:number>/revoke/", views.invitation_revoke, name="invitation-revoke"),
]
