"""Address of the administrators' page of witnesses and authorities."""

from django.urls import path

from midun.anchoring import views

app_name = "anchoring"
urlpatterns = [path("", views.parties, name="parties")]
