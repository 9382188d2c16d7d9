"""The OpenAPI 3.1 description, built from the constants the code itself obeys; a test holds real answers against it."""

from typing import Any

from midun import __version__
from midun.evidence.anchored import MISSING
from midun.evidence.api.bodies import BINARY, MAX_BATCH
from midun.evidence.models.deposits import LABEL
from midun.evidence.receipts import FORMAT
from midun.lib.exchange import MAX_ENTRIES

Schema = dict[str, Any]
_HASH: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_ERRORS = {
    "400": "请求读不懂",
    "401": "没有令牌、令牌不认识或已过期",
    "403": "令牌已撤销，或没有权限",
    "409": "Idempotency-Key 已用于内容不同的请求",
    "413": "请求过大",
    "422": "字段的值不对",
    "429": "超出配额或排队已满，按 Retry-After 稍后再来",
    "503": "存证日志暂停服务，按 Retry-After 稍后再来",
}
_READ_ERRORS = {key: _ERRORS[key] for key in ("401", "403")}


def _object(properties: Schema, *, required: list[str] | None = None, note: str = "") -> Schema:
    found: Schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties) if required is None else required,
        "additionalProperties": False,
    }
    return {**found, "description": note} if note else found


def _asked() -> Schema:
    return {
        "Deposit": _object(
            {
                "kind": {"enum": [1, 2], "description": "1 单个文件，2 一组文件"},
                "sha256": {**_HASH, "description": "加盐承诺值（SHA-256），不是文件的摘要"},
                "sm3": {**_HASH, "description": "加盐承诺值（SM3），不是文件的摘要"},
                "claimed_at": {
                    "type": "integer",
                    "minimum": 0,
                    "default": 0,
                    "description": "自报时间，Unix 秒，0 为无",
                },
                "project": {"type": ["string", "null"], "format": "uuid", "description": "研发过程的编号"},
                "label": {
                    "type": ["string", "null"],
                    "minLength": 1,
                    "maxLength": LABEL,
                    "description": "自选标注，平台可以看到，不要写秘密；默认不填",
                },
            },
            required=["kind", "sha256", "sm3"],
        ),
        "Batch": _object(
            {
                "deposits": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": MAX_ENTRIES,
                    "items": {"$ref": "#/components/schemas/Deposit"},
                }
            }
        ),
    }


def _answered() -> Schema:
    return {
        "Receipt": _object(
            {
                "format": {"const": FORMAT},
                "deposit": {"type": "string", "format": "uuid"},
                "stage": {"enum": ["accepted", "final"]},
                "duplicate": {"type": "boolean", "description": "本企业此前已存证，这是第一次的回执"},
                "index": {"type": "integer", "minimum": 0},
                "entry": {"type": "string", "contentEncoding": "base64"},
                "proof": {"type": "string", "description": "c2sp.org/tlog-proof@v1"},
                "accepted_at": {"type": "string", "format": "date-time"},
                "claimed_at": {"type": "integer", "minimum": 0},
                "missing": {"type": "array", "items": {"enum": list(MISSING)}},
                "timestamps": {"type": "array", "items": {"type": "string", "contentEncoding": "base64"}},
            },
            note="docs/formats/receipt.md",
        ),
        "Receipts": _object({"receipts": {"type": "array", "items": {"$ref": "#/components/schemas/Receipt"}}}),
        "Places": _object(
            {
                "first": {"type": ["integer", "null"], "description": "第一条新存证的位置；全部重复时为空"},
                "indexes": {"type": "array", "items": {"type": "integer", "minimum": 0}},
                "duplicates": {"type": "integer", "minimum": 0},
                "checkpoint": {"type": "string", "description": "包含这些条目的检查点，证明可另取"},
            }
        ),
        "Error": _object(
            {
                "error": _object(
                    {"code": {"type": "string"}, "message": {"type": "string", "description": "说明怎么办的中文句子"}}
                )
            }
        ),
    }


def _json(name: str) -> Schema:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def _responses(good: Schema, errors: dict[str, str]) -> Schema:
    retry = {"Retry-After": {"schema": {"type": "integer"}, "description": "秒"}}
    found = dict(good)
    for status, text in errors.items():
        found[status] = {"description": text, "content": _json("Error")}
        if status in ("429", "503"):
            found[status]["headers"] = retry
    return found


_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[ -~]+$"},
    "description": "同一个键、同样内容的请求只办一次（保留 24 小时）",
}
_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}


def _one() -> Schema:
    good = {
        "201": {"description": "新存证", "content": _json("Receipt")},
        "200": {"description": "此前已存证，第一次的回执", "content": _json("Receipt")},
    }
    return {
        "operationId": "deposit",
        "summary": "存证一条",
        "parameters": [_KEY],
        "requestBody": {"required": True, "content": _json("Deposit")},
        "responses": _responses(good, _ERRORS),
    }


def _many() -> Schema:
    either = {"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("Receipts", "Places")]}
    content = {"application/json": {"schema": either}}
    good = {
        "201": {"description": "至少有一条新存证", "content": content},
        "200": {"description": "全部此前已存证", "content": content},
    }
    return {
        "operationId": "depositBatch",
        "summary": f"存证至多 {MAX_ENTRIES} 条",
        "description": f"JSON 至多 {MAX_BATCH} 字节，返回回执；二进制每条 65 字节"
        "（类型 1，SHA-256 承诺值 32，SM3 承诺值 32），返回位置",
        "parameters": [_KEY],
        "requestBody": {
            "required": True,
            "content": {**_json("Batch"), BINARY: {"schema": {"type": "string", "format": "binary"}}},
        },
        "responses": _responses(good, _ERRORS),
    }


def _receipt() -> Schema:
    good = {"200": {"description": "回执", "content": _json("Receipt")}}
    return {
        "operationId": "receipt",
        "summary": "现阶段的回执",
        "parameters": [_ID],
        "responses": _responses(good, {**_READ_ERRORS, "404": "本企业没有这条存证"}),
    }


def _bundle() -> Schema:
    zipped: Schema = {"application/zip": {"schema": {"type": "string", "format": "binary"}}}
    good = {"200": {"description": "证明包（docs/formats/bundle.md）", "content": zipped}}
    return {
        "operationId": "bundle",
        "summary": "现阶段的证明包：可脱离平台核验",
        "parameters": [_ID],
        "responses": _responses(good, {**_READ_ERRORS, "404": "本企业没有这条存证"}),
    }


def description() -> Schema:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "秘盾存证接口", "version": __version__, "description": "docs/formats/api.md"},
        "security": [{"token": []}],
        "paths": {
            "/api/v1/deposits": {"post": _one()},
            "/api/v1/deposits:batch": {"post": _many()},
            "/api/v1/deposits/{id}": {"get": _receipt()},
            "/api/v1/deposits/{id}/bundle": {"get": _bundle()},
        },
        "components": {
            "schemas": {**_asked(), **_answered()},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "mdt_ 开头的接口令牌"}},
        },
    }
