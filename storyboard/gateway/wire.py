"""The wire: the headers of a call, and what an answer says. Nothing is sent from here.

The shapes are those of the AI SDK's own client (`vercel/ai`, `packages/gateway/src/gateway-video-model.ts`); recorded
requests in `tests/wire/` hold this file to them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Literal

from storyboard.secret import SafeUrl

PROTOCOL_VERSION = "0.0.1"
SPECIFICATION_VERSION = "4"
MOST_USD = 1_000_000
"""A cost from here on is no cost that anybody said."""
YEAR = 365 * 86_400.0
"""Seconds: nobody is told to wait longer."""

Keep = Callable[[str], Path]
"""Puts a base64 string of an answer into a file."""

_ADDRESS = re.compile(r"(https?|wss?|s3|gs)://(?:[^\s/?#\"'<>]*@)?([^\s/?#\"'<>@]*)[^\s\"'<>]*", re.IGNORECASE)
_SIGNED = re.compile(
    r"""\S*(?:[?&]|%3f|%26)[\w.%-]*(?:sig|token|credential|key|expires|policy)[\w.%-]*(?:=|%3d)\S*|\w+:\\?/\\?/\S*\?\S*""",
    re.IGNORECASE,
)
"""What is left of an address that was not seen as one: a signed query is as good as a key."""
_NAME = re.compile(r"[A-Za-z0-9_.:/-]{1,200}")


@dataclass(frozen=True, slots=True)
class Clip:
    """Where the bytes of a finished video are: at an address, or in a private file of this machine."""

    url: SafeUrl | None = None
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished order: its clip, what the provider remarked, and what it cost where the gateway says."""

    clip: Clip
    warnings: tuple[str, ...]
    cost: Decimal | None
    local: bool
    """Whether the clip was drawn by a local gateway, and is no footage."""
    generation: str = ""
    """The id under which the gateway tells the cost; empty when it gave none."""


@dataclass(frozen=True, slots=True)
class Started:
    """An order that the gateway took."""

    operation: dict[str, Any]
    """What to ask after it with, exactly as it came."""
    warnings: tuple[str, ...] = ()
    generation: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """How an order stands."""

    state: Literal["pending", "completed", "error", "cancelled"]
    answer: Answer | None = None
    error: str = ""
    cost: Decimal | None = None
    """What an order was billed that came to nothing, where the gateway says."""
    generation: str = ""
    """By which name the gateway tells later what was billed."""


class BadAnswer(ValueError):
    """An answer that is not in the shape of the contract."""


def headers(model: str, method: Literal["api-key", "oidc"], team: str = "") -> dict[str, str]:
    """The headers of every call about a model, without the credential."""
    result = {
        "content-type": "application/json",
        "ai-gateway-protocol-version": PROTOCOL_VERSION,
        "ai-gateway-auth-method": method,
        "ai-video-model-specification-version": SPECIFICATION_VERSION,
        "ai-model-id": model,
    }
    return {**result, "x-vercel-ai-gateway-team": team} if team else result


def parse_json(data: bytes | bytearray | str) -> dict[str, Any]:
    """A JSON object; `BadAnswer` for anything else, numbers that are not finite included."""

    def refuse(name: str) -> None:
        raise BadAnswer(f"the answer has the number {name}")

    def finite(text: str) -> float:
        number = float(text)
        if not math.isfinite(number):
            refuse(f"{text[:20]}")
        return number

    try:
        text = data if isinstance(data, str) else data.decode("utf-8-sig")
        value = json.loads(text, parse_constant=refuse, parse_float=finite)
    except (ValueError, RecursionError) as error:
        if isinstance(error, BadAnswer):
            raise
        raise BadAnswer("the answer is not JSON") from None
    if not isinstance(value, dict):
        raise BadAnswer("the answer is not a JSON object")
    return value


def parse_started(value: Mapping[str, Any], hide: str = "") -> Started:
    """What a start's answer says: the operation, to be sent back as it is."""
    operation = value.get("operation")
    if not isinstance(operation, dict) or not operation:
        raise BadAnswer("the answer names no operation")
    return Started(operation, _remarks(value, hide), _name(_gateway(value).get("generationId")))


def parse_status(value: Mapping[str, Any], keep: Keep, hide: str = "") -> Status:
    """How an order stands. An unknown word is taken as pending: the order goes on until its deadline."""
    gateway = _gateway(value)
    cost, generation = _cost(gateway.get("cost")), _name(gateway.get("generationId"))
    match value.get("status"):
        case "completed":
            return Status("completed", parse_answer(value, keep, hide), cost=cost)
        case "error":
            error = value.get("error")
            message = error.get("message") if isinstance(error, dict) else error
            return Status("error", None, printable(str(message or ""), hide) or "no reason given", cost, generation)
        case "cancelled":
            return Status("cancelled", None, "video generation was cancelled", cost, generation)
        case _:
            return Status("pending")


def parse_answer(value: Mapping[str, Any], keep: Keep, hide: str = "") -> Answer:
    """The clip and the remarks of a finished order."""
    videos = value.get("videos")
    if not isinstance(videos, list) or not videos or not isinstance(videos[0], dict):
        raise BadAnswer("the answer is finished and has no video")
    gateway = _gateway(value)
    return Answer(
        clip=_clip(videos[0], keep),
        warnings=_remarks(value, hide),
        cost=_cost(gateway.get("cost")),
        local=gateway.get("local") is True,
        generation=_name(gateway.get("generationId")),
    )


def parse_generation_cost(value: Mapping[str, Any]) -> Decimal | None:
    """What `/v1/generation` says that an order cost, in USD."""
    return _cost(_table(value.get("data")).get("total_cost"))


def _gateway(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return _table(_table(value.get("providerMetadata")).get("gateway"))


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _clip(video: Mapping[str, Any], keep: Keep) -> Clip:
    match video.get("type"):
        case "url" if isinstance(video.get("url"), str):
            return Clip(url=SafeUrl(video["url"]))
        case "base64" if isinstance(video.get("data"), str):
            return Clip(file=keep(video["data"]))
    raise BadAnswer("the video in the answer is neither an address nor data")


def _cost(value: object) -> Decimal | None:
    """US dollars; None for what is no amount of money."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        cost = Decimal(str(value))
    except InvalidOperation:
        return None
    if not (cost.is_finite() and 0 <= cost < MOST_USD):
        return None
    exponent = cost.as_tuple().exponent
    return cost if isinstance(exponent, int) and -12 <= exponent <= 0 else cost.quantize(Decimal("0.000001"))


def _name(value: object) -> str:
    return value if isinstance(value, str) and _NAME.fullmatch(value) else ""


def _remarks(value: Mapping[str, Any], hide: str) -> tuple[str, ...]:
    warnings = value.get("warnings")
    return tuple(_remark(one, hide) for one in warnings if isinstance(one, dict)) if isinstance(warnings, list) else ()


def _remark(warning: Mapping[str, Any], hide: str) -> str:
    words = [warning.get("feature") or warning.get("setting"), warning.get("details") or warning.get("message")]
    said = [printable(str(word), hide) for word in words if word]
    return ": ".join(word for word in said if word) or printable(str(warning.get("type") or "warning"), hide)


def read_floor(headers: Mapping[str, str], error: Mapping[str, Any]) -> float | None:
    """Seconds that an answer asks to wait: `retry-after-ms`, `retry-after` in seconds or as a date, or in its body."""
    low = {name.lower(): value for name, value in headers.items()}
    places: list[Mapping[str, Any]] = [low, error]
    if isinstance(error.get("param"), Mapping):
        places.append(error["param"])
    for place in places:
        for names, unit in ((("retry-after-ms", "retryAfterMs", "retry_after_ms"), 1_000.0),
                            (("retry-after", "retryAfter", "retry_after"), 1.0)):  # fmt: skip
            for name in names:
                if name in place and (seconds := _seconds(place[name], low.get("date", ""))) is not None:
                    return min(seconds / unit, YEAR)
    return None


def _seconds(value: object, date: str) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return _until(str(value), date)
    except OverflowError:
        return None
    return max(0.0, number) if math.isfinite(number) else None


def _until(text: str, date: str) -> float | None:
    """Seconds from the server's own `date`, else from this machine's clock, to an HTTP date."""
    moment, now = _date(text), _date(date) or datetime.now(UTC)
    return max(0.0, (moment - now).total_seconds()) if moment else None


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def printable(text: str, hide: str = "", limit: int = 500) -> str:
    """A provider's text for a terminal: no control characters, no direction marks, not endless.

    Of an address only its host stays, for its query may be as good as a key; `hide`, the credential, never stays.
    """
    said = _SIGNED.sub("…", _ADDRESS.sub(_shorten, text[: limit * 20]))
    kept = "".join(char if char.isprintable() else " " for char in said)
    if len(hide) >= 6:
        kept = kept.replace(hide, "***")
    return " ".join(_SIGNED.sub("…", _ADDRESS.sub(_shorten, kept)).split())[:limit]


def _shorten(address: re.Match[str]) -> str:
    return f"{address[1]}://{address[2]}/…"
