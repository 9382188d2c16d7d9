"""The programs' door: what `/api/v1/` takes and answers (docs/formats/api.md), the same in Django and in ingest.

`bodies` reads requests, `answers` writes responses, `auth` knows tokens, `endpoint` is what Django's views of the API
wear, `description` the OpenAPI document. The hot path without Django's request stack is `midun.ingest`.
"""
