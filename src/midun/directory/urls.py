"""Addresses of the directory."""

from django.urls import path

from midun.directory import views

app_name = "directory"
urlpatterns = [
    path("account/", views.account, name="account"),
    path("enterprises/", views.enterprises, name="enterprises"),
    path("enterprises/new/", views.enterprise_new, name="enterprise-new"),
    path("enterprises/<int:number>/", views.enterprise, name="enterprise"),
    path("people/", views.people, name="people"),
    path("people/<int:number>/", views.person, name="person"),
    path("logins/", views.login_history, name="logins"),
    path("trail/", views.trail, name="trail"),
    path("trail/<int:number>/", views.entry, name="entry"),
    path("calendar/", views.work_calendar, name="calendar"),
    path("calendar/<int:year>/", views.work_calendar, name="calendar-year"),
    path("units/", views.units, name="units"),
]
