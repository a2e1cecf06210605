"""The JSON that the gateway answers with: results, statuses, listings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storyboard.gateway.local.jobs import Job
    from storyboard.gateway.local.refusal import Json
    from storyboard.planner.catalogue import Model

PROVIDER = "animatic"


def accept(job: Job) -> Json:
    """The answer to a start."""
    return {
        "operation": {"gatewayJobId": job.id},
        "warnings": list(job.warnings),
        "providerMetadata": {"gateway": _async_gateway(job)},
    }


def report(job: Job, origin: str) -> Json:
    """The answer to a status call."""
    status = job.status
    if status == "completed":
        metadata = {"gateway": _async_gateway(job), **_own_metadata(job, origin)}
        return {"status": "completed", "videos": [_video(job, origin)], "providerMetadata": metadata}
    metadata = {"gateway": _async_gateway(job)}
    if status == "failed" and job.failure:
        return {"status": "error", "error": job.failure.message, "providerMetadata": metadata}
    return {"status": "pending", "providerMetadata": metadata}


def deliver(job: Job, origin: str) -> Json:
    """The one event of a held-open call."""
    if job.failure:
        return job.failure.event()
    gateway: Json = {
        "routing": {"provider": PROVIDER, "attempts": [{"provider": PROVIDER, "success": True}]},
        "cost": "0",
        "generationId": job.generation,
        "local": True,
    }
    return {
        "type": "result",
        "videos": [_video(job, origin)],
        "warnings": list(job.warnings),
        "providerMetadata": {"gateway": gateway, **_own_metadata(job, origin)},
    }


def generation(job: Job) -> Json:
    """What a finished job cost, in numbers as the route has them: nothing."""
    zero = ("total_cost", "upstream_inference_cost", "usage", "latency", "generation_time")
    tokens = ("prompt", "completion", "reasoning", "cached", "cache_creation")
    return {
        "id": job.generation,
        **dict.fromkeys(zero, 0),
        "created_at": datetime.fromtimestamp(job.created, UTC).isoformat(),
        "model": job.model,
        "is_byok": False,
        "provider_name": PROVIDER,
        "streamed": False,
        "finish_reason": "stop",
        **{f"native_tokens_{kind}": 0 for kind in tokens},
        "billable_web_search_calls": 0,
    }


def list_model(model: Model) -> Json:
    """A model's entry under /v1/models, with the prices that the catalogue knows."""
    entry: Json = {
        "id": model.id,
        "object": "model",
        "type": "video",
        "owned_by": model.provider,
        "name": model.id.split("/", 1)[1],
        "description": model.best_for,
        "tags": ["image-to-video" if model.kind == "i2v" else "text-to-video"],
        "pricing": {"video_duration_pricing": _prices(model)},
        "video_capabilities": {
            "supported_operations": ["image-to-video" if model.kind == "i2v" else "text-to-video"],
            "supported_resolutions": list(model.modes.values()),
            "supported_aspect_ratios": list(model.aspects),
            "supported_durations_seconds": list(model.seconds),
            "supported_fps": [24],
            "generate_audio": model.audio != "none",
            "max_sample_count": 1,
        },
    }
    if model.kind == "i2v":
        limits = {"max_count": 1 + model.last, "supported_sources": ["base64"]}
        entry["video_capabilities"]["input_limits"] = {"image": limits}
    return entry


def configure_model(model: Model) -> Json:
    """A model's entry in the SDK's own listing."""
    return {
        "id": model.id,
        "name": model.id.split("/", 1)[1],
        "description": model.best_for,
        "specification": {"specificationVersion": "v4", "provider": model.provider, "modelId": model.id},
        "modelType": "video",
    }


def _prices(model: Model) -> list[Json]:
    return [
        {
            **({"mode": price.mode, "resolution": model.modes[price.mode]} if price.mode else {}),
            **({"audio": price.audio} if price.audio is not None else {}),
            "cost_per_second": str(price.per_second),
        }
        for price in model.prices
    ]


def _async_gateway(job: Job) -> Json:
    state: Json = {"jobId": job.id, "status": job.status}
    if state["status"] == "completed":
        state["result"] = {"expiresAt": int(job.expires * 1000)}
    return {
        "asyncJob": state,
        "generationId": job.generation,
        "local": True,
    }


def _own_metadata(job: Job, origin: str) -> Json:
    """What the model's provider itself would say."""
    video = {"id": job.id, "url": _address(job, origin), "duration": str(job.seconds)}
    return {job.model.split("/", 1)[0]: {"taskId": job.id, "videos": [video]}}


def _video(job: Job, origin: str) -> Json:
    return {"type": "url", "url": _address(job, origin), "mediaType": "video/mp4"}


def _address(job: Job, origin: str) -> str:
    return f"{origin.rstrip('/')}/v1/clips/{job.clip.name}"
