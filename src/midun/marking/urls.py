"""Addresses of the registration of copies."""

from django.urls import path

from midun.marking.views import batches, disclosures

app_name = "marking"
urlpatterns = [
    path("", batches.batches, name="batches"),
    path("new/", batches.batch_new, name="batch-new"),
    path("check/", batches.check, name="check"),
    path("<uuid:batch>/", batches.batch, name="batch"),
    path("<uuid:batch>/decide/", batches.decide, name="decide"),
    path("<uuid:batch>/note/", batches.note, name="note"),
    path("<uuid:batch>/postpone/", batches.postpone, name="postpone"),
    path("<uuid:batch>/proof.json", disclosures.proof, name="proof"),
    path("<uuid:batch>/<int:part>/disclose/", disclosures.disclose, name="disclose"),
    path("disclosures/<uuid:disclosure>/", disclosures.disclosure, name="disclosure"),
    path("disclosures/<uuid:disclosure>/withdraw/", disclosures.withdraw, name="withdraw"),
    path("disclosures/<uuid:disclosure>/file.json", disclosures.disclosure_file, name="disclosure-file"),
    path("disclosed/<uuid:disclosure>/", disclosures.disclosed, name="disclosed"),
    path("disclosed/<uuid:disclosure>/file.json", disclosures.disclosed_file, name="disclosed-file"),
]
