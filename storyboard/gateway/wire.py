"""The wire: the headers of a call, and what an answer says. Nothing is sent from here.

The shapes are those of the AI SDK's own client (`vercel/ai`, `packages/gateway/src/gateway-video-model.ts`); recorded
requests in `tests/wire/` hold this file to them.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

PROTOCOL_VERSION = "0.0.1"
SPECIFICATION_VERSION = "4"


@dataclass(frozen=True, slots=True)
class Clip:
    """Where the bytes of a finished video are: at an address, or here."""

    url: str = ""
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished order: its clip, what the provider remarked, and what it cost where the gateway says."""

    clip: Clip
    warnings: tuple[str, ...]
    cost: Decimal | None
    local: bool
    """Whether the clip was drawn by a local gateway, and is no footage."""


@dataclass(frozen=True, slots=True)
class Status:
    """How an order stands."""

    state: Literal["pending", "completed", "error", "cancelled"]
    answer: Answer | None = None
    error: str = ""


class BadAnswer(ValueError):
    """An answer that is not in the shape of the contract."""


def headers(model: str, credential: str, method: Literal["api-key", "oidc"], team: str = "") -> dict[str, str]:
    """The headers of every call about a model."""
    result = {
        "authorization": f"Bearer {credential}",
        "content-type": "application/json",
        "ai-gateway-protocol-version": PROTOCOL_VERSION,
        "ai-gateway-auth-method": method,
        "ai-video-model-specification-version": SPECIFICATION_VERSION,
        "ai-model-id": model,
    }
    return {**result, "x-vercel-ai-gateway-team": team} if team else result


def parse_json(data: bytes | str) -> dict[str, Any]:
    """A JSON object; `BadAnswer` for anything else, numbers that are not finite included."""

    def refuse(name: str) -> None:
        raise BadAnswer(f"the answer has the number {name}")

    try:
        value = json.loads(data, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        if isinstance(error, BadAnswer):
            raise
        raise BadAnswer("the answer is not JSON") from None
    if not isinstance(value, dict):
        raise BadAnswer("the answer is not a JSON object")
    return value


def parse_operation(value: Mapping[str, Any]) -> dict[str, Any]:
    """The operation of a start's answer, to be sent back as it is."""
    operation = value.get("operation")
    if not isinstance(operation, dict) or not operation:
        raise BadAnswer("the answer names no operation")
    return operation


def parse_status(value: Mapping[str, Any]) -> Status:
    """How an order stands. An unknown word is taken as pending: the order goes on until its deadline."""
    match value.get("status"):
        case "completed":
            return Status("completed", parse_answer(value))
        case "error":
            return Status("error", error=str(value.get("error") or "the provider gave no reason"))
        case "cancelled":
            return Status("cancelled", error="video generation was cancelled")
        case _:
            return Status("pending")


def parse_answer(value: Mapping[str, Any]) -> Answer:
    """The clip and the remarks of a finished order."""
    videos = value.get("videos")
    if not isinstance(videos, list) or not videos or not isinstance(videos[0], dict):
        raise BadAnswer("the answer is finished and has no video")
    metadata = value.get("providerMetadata")
    gateway = metadata.get("gateway") if isinstance(metadata, dict) else None
    gateway = gateway if isinstance(gateway, dict) else {}
    warnings = tuple(_remark(one) for one in value.get("warnings") or () if isinstance(one, dict))
    return Answer(_clip(videos[0]), warnings, _cost(gateway.get("cost")), gateway.get("local") is True)


def _clip(video: Mapping[str, Any]) -> Clip:
    match video.get("type"):
        case "url" if isinstance(video.get("url"), str):
            return Clip(url=video["url"])
        case "base64" if isinstance(video.get("data"), str):
            try:
                return Clip(data=base64.b64decode(video["data"], validate=True))
            except ValueError:
                raise BadAnswer("the video in the answer is not base64") from None
    raise BadAnswer("the video in the answer is neither an address nor data")


def _cost(value: object) -> Decimal | None:
    try:
        cost = Decimal(str(value))
    except InvalidOperation:
        return None
    return cost if cost.is_finite() else None


def _remark(warning: Mapping[str, Any]) -> str:
    words = [warning.get("feature") or warning.get("setting"), warning.get("details") or warning.get("message")]
    return ": ".join(printable(str(word)) for word in words if word) or str(warning.get("type", "warning"))


def printable(text: str, limit: int = 500) -> str:
    """A provider's text for a terminal: no control characters, no direction marks, not endless."""
    kept = "".join(char if char.isprintable() else " " for char in text[: limit * 2])
    return " ".join(kept.split())[:limit]
