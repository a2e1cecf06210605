"""The JSON that the gateway answers with: results, statuses, listings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from storyboard.planner.dialect import dialect_of

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
    operations = _operations(model)
    entry: Json = {
        "id": model.id,
        "object": "model",
        "type": "video",
        "owned_by": model.provider,
        "name": model.name,
        "description": model.best_for,
        "tags": operations,
        "pricing": _pricing(model),
        "video_capabilities": {
            "supported_operations": operations,
            "supported_resolutions": [mode if model.resolution else size for mode, size in model.modes.items()],
            "supported_aspect_ratios": list(model.aspects),
            "supported_durations_seconds": list(model.seconds),
            "supported_fps": [24],
            "generate_audio": model.audio != "none",
            "max_sample_count": 1,
        },
    }
    if images := max(model.references, model.first + model.last):
        limits = {"max_count": images, "supported_sources": ["base64"]}
        entry["video_capabilities"]["input_limits"] = {"image": limits}
    return entry


def _operations(model: Model) -> list[str]:
    ways = {
        "text-to-video": model.kind == "t2v" or model.words_alone,
        "image-to-video": model.kind == "i2v",
        "reference-to-video": model.references > 0,
        "motion-control": model.kind == "motion",
    }
    return [name for name, way in ways.items() if way]


def configure_model(model: Model) -> Json:
    """A model's entry in the SDK's own listing."""
    return {
        "id": model.id,
        "name": model.name,
        "description": model.best_for,
        "specification": {"specificationVersion": "v4", "provider": model.provider, "modelId": model.id},
        "modelType": "video",
    }


def _pricing(model: Model) -> Json:
    """The prices as the real list has them: of a second, or of a million tokens."""
    by_second = [
        {
            **_size(model, price.mode),
            **({"audio": price.audio} if price.audio is not None else {}),
            **({"voice_control": True} if price.voices else {}),
            "cost_per_second": str(price.per_second),
        }
        for price in model.prices
        if price.per_second is not None
    ]
    tiers = [
        {**_size(model, price.mode), "no_video_input": {"cost_per_million_tokens": str(price.per_million)}}
        for price in model.prices
        if price.per_million is not None
    ]
    return {
        **({"video_duration_pricing": by_second} if by_second else {}),
        **({"video_token_pricing": {"tiers": tiers}} if tiers else {}),
    }


def _size(model: Model, mode: str | None) -> Json:
    if mode is None:
        return {}
    return {"resolution": mode} if model.resolution else {"mode": mode, "resolution": model.modes[mode]}


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
    return {dialect_of(job.model).namespace: {"taskId": job.id, "videos": [video]}}


def _video(job: Job, origin: str) -> Json:
    return {"type": "url", "url": _address(job, origin), "mediaType": "video/mp4"}


def _address(job: Job, origin: str) -> str:
    return f"{origin.rstrip('/')}/v1/clips/{job.clip.name}"
