"""Addresses of the log and of the API."""

from django.urls import path

from midun.evidence.views import api, log, verify

app_name = "evidence"
urlpatterns = [
    path("log/", log.monitor, name="monitor"),
    path("log/checkpoint", log.checkpoint, name="checkpoint"),
    path("log/policy", log.policy, name="policy"),
    path("log/tile/<path:path>", log.tile, name="tile"),
    path("log/<int:number>/", log.monitor, name="monitor-of"),
    path("log/<int:number>/checkpoint", log.checkpoint, name="checkpoint-of"),
    path("log/<int:number>/policy", log.policy, name="policy-of"),
    path("log/<int:number>/tile/<path:path>", log.tile, name="tile-of"),
    path("verify/", verify.verify, name="verify"),
    path("verify/<str:name>", verify.verifier, name="verify-file"),
    path("api/v1/openapi.json", api.described, name="openapi"),
    path("api/v1/deposits", api.deposit, name="api-deposit"),
    path("api/v1/deposits:batch", api.batch, name="api-batch"),
    path("api/v1/deposits/<uuid:number>", api.receipt, name="api-receipt"),
    path("api/v1/deposits/<uuid:number>/bundle", api.bundle, name="api-bundle"),
]
