"""Addresses of the house itself."""

from django.urls import path

from midun.kernel.web import views

app_name = "web"
urlpatterns = [
    path("files/<int:number>/", views.attachment, name="attachment"),
    path("files/<int:number>/thumbnail/", views.thumbnail, name="thumbnail"),
    path("switch/", views.switch_membership, name="switch"),
    path("notices/", views.notices, name="notices"),
    path("saved-views/", views.saved_views, name="saved-views"),
    path("offline/", views.offline, name="offline"),
    path("worker.js", views.worker, name="worker"),
]
