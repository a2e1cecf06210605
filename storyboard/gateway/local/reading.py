"""From an HTTP request to plain values: the caller, the headers that the contract wants, the JSON."""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING, Never, cast

from storyboard.gateway.local.refusal import Json, Refusal, invalid
from storyboard.planner.catalogue import Model, catalogue

if TYPE_CHECKING:
    from starlette.requests import Request

MOST_VALUES = 20_000
"""Values in a body: a request has a few dozen, and a million of them would fill the memory."""

START_LIMIT = 300 * 1024
START_ALLOWANCE = 8 * 1024
"""The part of the start route's limit that the gateway keeps for its own fields."""
HELD_OPEN_LIMIT = 64 * 1024 * 1024
STATUS_LIMIT = 1024 * 1024


def check_caller(request: Request, key: str | None) -> None:
    """Refuse a request without the bearer token (any one, when `key` is None)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise Refusal(
            401,
            "authentication_error",
            "No bearer token. This local gateway takes any, unless it was given a key.",
        )
    if key is not None and not hmac.compare_digest(token.encode(), key.encode()):
        raise Refusal(401, "authentication_error", "The bearer token is not the key of this gateway.")


def read_model(request: Request) -> Model:
    """The model that a video request names in its headers."""
    version = request.headers.get("ai-gateway-protocol-version")
    if version != "0.0.1":
        raise invalid(f"unsupported protocol version: {version or 'none'}; this gateway speaks 0.0.1")
    method = request.headers.get("ai-gateway-auth-method", "api-key")
    if method not in ("api-key", "oidc"):
        raise invalid(f"ai-gateway-auth-method is {method!r}; it is api-key or oidc")
    specification = request.headers.get("ai-video-model-specification-version")
    if specification != "4":
        raise invalid(f"ai-video-model-specification-version is {specification or 'missing'}; this gateway speaks 4")
    name = request.headers.get("ai-model-id")
    if not name:
        raise invalid("the header ai-model-id is missing")
    model = catalogue().models.get(name)
    if model is None:
        raise Refusal(404, "model_not_found", f"Model '{name}' not found.", {"modelId": name})
    return model


async def read_body(request: Request, limit: int, too_large: str) -> bytes:
    """The bytes of the body; 413 with the sentence `too_large` as soon as they are more than `limit`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise invalid(f"the content-type is {kind or 'missing'}; it must be application/json")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise Refusal(413, "invalid_request_error", too_large)
    return bytes(body)


def parse_object(body: bytes) -> Json:
    """The JSON object in these bytes. What JSON does not have (NaN, Infinity) and repeated names are refused."""
    if sum(body.count(mark) for mark in (b"[", b"{", b",")) > MOST_VALUES:
        raise invalid(f"the body has more than {MOST_VALUES:,} values")
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_object)
        if b"\\ud" in body.lower():  # an escape of half a character: fine in pairs, and no text at all alone
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise invalid("the body is nested too deeply") from None
    except ValueError as error:
        raise invalid(f"the body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise invalid("the body is not a JSON object")
    return cast("Json", value)


def _refuse_constant(name: str) -> Never:
    raise ValueError(f"{name} is not a number in JSON")


def _object(pairs: list[tuple[str, object]]) -> Json:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return table
