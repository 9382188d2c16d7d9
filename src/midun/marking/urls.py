"""Addresses of the registration of copies."""

from django.urls import path

from midun.marking.views import batches

app_name = "marking"
urlpatterns = [
    path("", batches.batches, name="batches"),
    path("new/", batches.batch_new, name="batch-new"),
    path("check/", batches.check, name="check"),
    path("<uuid:batch>/", batches.batch, name="batch"),
    path("<uuid:batch>/decide/", batches.decide, name="decide"),
    path("<uuid:batch>/note/", batches.note, name="note"),
]
