"""What the fake gateway reads in an order, and the JSON that it answers with."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from starlette.responses import Response

from storyboard.gateway.local import answers
from storyboard.gateway.local.refusal import Json, invalid
from storyboard.planner.catalogue import Model, catalogue
from storyboard.planner.price import built_in, quote
from storyboard.testing.clips import new_job
from storyboard.testing.ledger import Charge

UNLISTED = Decimal("0.10")
"""US dollars for a second of a model whose price the catalogue does not know."""
KEPT_SECONDS = 24 * 3600

Fetch = Callable[[str], bytes | None]
"""Gives the bytes at an address; None for an address that is not fetched from."""


def read(model: Model, body: bytes, value: Mapping[str, Any], headers: Mapping[str, str], fetch: Fetch) -> Charge:
    """The order in a request, with what it would cost at the catalogue's prices. Nothing is charged yet."""
    prompt, seconds = value.get("prompt", ""), value.get("duration", 5)
    if not isinstance(prompt, str) or not isinstance(seconds, int) or seconds < 1:
        raise invalid("prompt must be a text, and duration a whole number of seconds")
    options = value.get("providerOptions", {})
    own = options.get(model.namespace, {}) if isinstance(options, Mapping) else None
    if not isinstance(own, Mapping):
        raise invalid("providerOptions must be an object of objects", "providerOptions")
    audio = value.get("generateAudio") is True or model.audio == "always"
    mode = _mode(model, own.get("mode"), value.get("resolution"))
    price = quote(model.id, mode, audio, bool(own.get("voiceList")), seconds, built_in())
    payer = headers.get("x-vercel-ai-gateway-team") or headers.get("authorization", "")
    return Charge(
        job=new_job(),
        time=0.0,
        account=hashlib.sha256(payer.encode()).hexdigest()[:16],
        key=headers.get("idempotency-key", ""),
        model=model.id,
        body=hashlib.sha256(body).hexdigest(),
        prompt=prompt,
        amount=price.high if price else UNLISTED * seconds,
        seconds=seconds,
        size=scaled(_shape(value, fetch) or (16, 9), model.height(mode)),
        audio=audio,
    )


def scaled(size: tuple[int, int], height: int) -> tuple[int, int]:
    """A size whose short side is `height`, its shape kept; as it is for 0."""
    short = min(size)
    return (_even(size[0] * height / short), _even(size[1] * height / short)) if height else size


def _mode(model: Model, mode: object, resolution: object) -> str:
    """The mode that an order names, by its own name or by its picture's height; else the model's first."""
    named = (one for one, height in model.modes.items() if one == mode or height == resolution)
    return next(named, next(iter(model.modes)))


def _shape(value: Mapping[str, Any], fetch: Fetch) -> tuple[int, int] | None:
    """The shape of the clip: of its first still, where that can be seen, else the aspect that is asked for."""
    from PIL import Image

    image = value.get("image")
    if isinstance(image, Mapping):
        try:
            data = base64.b64decode(str(image["data"]), validate=True) if "data" in image else fetch(str(image["url"]))
            if data is not None:
                with Image.open(io.BytesIO(data)) as still:
                    return still.width, still.height
        except (OSError, KeyError, binascii.Error):
            raise invalid("image is not a picture", "image") from None
    wide, _, high = str(value.get("aspectRatio", "")).partition(":")
    return (int(wide), int(high)) if wide.isdecimal() and high.isdecimal() and int(wide) and int(high) else None


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)


def accept(charge: Charge) -> Json:
    """The answer to a start."""
    return {
        "operation": {"gatewayJobId": charge.job},
        "warnings": None,
        "providerMetadata": {"gateway": {"asyncJob": {"jobId": charge.job, "status": "queued"}}},
    }


def pending(charge: Charge) -> Json:
    """The answer to a status call while the job runs."""
    state = {"jobId": charge.job, "status": "running"}
    return {"status": "pending", "providerMetadata": {"gateway": {"asyncJob": state}}}


def report(charge: Charge, video: Json | None, now: float) -> Json:
    """The answer to a status call when the job is done. Like the real one, it does not tell what it cost."""
    gateway: Json = {"asyncJob": {"jobId": charge.job, "status": "completed"}, "generationId": _generation(charge)}
    if charge.fate == "cancel":
        return {"status": "cancelled", "providerMetadata": {"gateway": gateway}}
    if video is None:
        return {"status": "error", "error": charge.reason, "providerMetadata": {"gateway": gateway}}
    gateway["asyncJob"]["result"] = {"expiresAt": int((now + KEPT_SECONDS) * 1000)}
    if video["type"] == "base64":
        gateway["asyncJob"]["result"] = {"delivery": "inline"}
    return {"status": "completed", "videos": [video], "providerMetadata": {"gateway": gateway}}


def deliver(charge: Charge, video: Json | None) -> Json:
    """The one event of a held-open call."""
    if video is None:
        cancelled = charge.fate == "cancel"
        reason = "Video generation was cancelled." if cancelled else charge.reason
        return {
            "type": "error", "message": reason, "errorType": "invalid_request_error",
            "statusCode": 499 if cancelled else 400, "param": None,
        }  # fmt: skip
    gateway = {
        "routing": {"provider": charge.model.split("/", 1)[0], "attempts": []},
        "cost": str(charge.amount),
        "generationId": _generation(charge),
    }
    return {"type": "result", "videos": [video], "warnings": None, "providerMetadata": {"gateway": gateway}}


def generation(charge: Charge) -> Json:
    """What a job cost, as the route tells it: in numbers."""
    return {
        "id": _generation(charge),
        "total_cost": float(charge.amount),
        "model": charge.model,
        "created_at": datetime.fromtimestamp(charge.time, UTC).isoformat(),
        "is_byok": False,
        "provider_name": charge.model.split("/", 1)[0],
        "streamed": False,
    }


def list_models(factor: Decimal) -> list[Json]:
    """Every model with its prices, each times a factor."""
    listed = [answers.list_model(model) for model in catalogue().models.values()]
    for entry in listed:
        entry["pricing"] = _dearer(entry["pricing"], factor)
    return listed


def _dearer(value: Any, factor: Decimal) -> Any:
    if isinstance(value, dict):
        return {
            name: str(Decimal(one) * factor) if name.startswith("cost_per_") else _dearer(one, factor)
            for name, one in value.items()
        }
    return [_dearer(one, factor) for one in value] if isinstance(value, list) else value


def signature_of(charge: Charge) -> str:
    """What signs the address of a clip."""
    return hashlib.sha256(f"signed {charge.job}".encode()).hexdigest()


def clip_response(data: bytes, headers: Mapping[str, str]) -> Response:
    """A clip, or the rest of it for who has its beginning."""
    tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    told = {"etag": tag, "accept-ranges": "bytes"}
    first = headers.get("range", "").removeprefix("bytes=").removesuffix("-")
    if first.isdecimal() and headers.get("if-range", tag) == tag:
        if int(first) >= len(data):
            return Response(status_code=416, headers={**told, "content-range": f"bytes */{len(data)}"})
        told["content-range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
        return Response(data[int(first) :], 206, told, "video/mp4")
    return Response(data, 200, told, "video/mp4")


def _generation(charge: Charge) -> str:
    return f"gen_{charge.job.removeprefix('job_')}"
