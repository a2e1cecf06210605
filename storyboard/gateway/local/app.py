"""The embedded gateway: the video endpoints of the wire contract, with a free animatic behind them.

    POST /v4/ai/video-model           held open: comment lines while it draws, then one event
    POST /v4/ai/video-model/start     a job
    POST /v4/ai/video-model/status    what became of it
    GET  /v4/ai/config  /v1/models  /v1/credits  /v1/generation?id=  /v1/clips/NAME

In-process it is called through `httpx.ASGITransport` under ORIGIN; served, under its own address. It never opens
a connection: an image that is given as an address is refused.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from storyboard.gateway.local import answers, reading
from storyboard.gateway.local.jobs import Job, Jobs
from storyboard.gateway.local.order import Order, read_order
from storyboard.gateway.local.reading import check_caller, parse_object, read_body, read_model
from storyboard.gateway.local.refusal import Json, Refusal, invalid
from storyboard.planner.catalogue import catalogue

ORIGIN = "http://storyboard.localhost"
BASE_PATH = "/v4/ai"
HEARTBEAT_SECONDS = 1.0
MAX_KEY = 256

_START_TOO_LARGE = (
    f"The request is larger than {reading.START_LIMIT // 1024} KiB, {reading.START_ALLOWANCE // 1024} KiB of which "
    "are kept for attribution. Pass images as hosted URLs, or use the held-open route."
)
_HELD_OPEN_TOO_LARGE = f"The request is larger than {reading.HELD_OPEN_LIMIT // 1024 // 1024} MiB."

Endpoint = Callable[[Request], Awaitable[Response]]


def application(*, key: str | None = None, workers: int | None = None) -> Starlette:
    """The gateway as an ASGI application.

    `key` is the bearer token it insists on (None: any will do), `workers` how many processes draw (None: one for
    each core). Nothing is started before the first clip is asked for; `close` or the lifespan's end removes it all.
    """
    jobs = Jobs(workers)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await jobs.close()

    def guarded(endpoint: Endpoint) -> Endpoint:
        async def check_first(request: Request) -> Response:
            check_caller(request, key)
            return await endpoint(request)

        return check_first

    routes = [
        Route(f"{BASE_PATH}/video-model", guarded(_generate), methods=["POST"]),
        Route(f"{BASE_PATH}/video-model/start", guarded(_start), methods=["POST"]),
        Route(f"{BASE_PATH}/video-model/status", guarded(_status), methods=["POST"]),
        Route(f"{BASE_PATH}/config", guarded(_config)),
        Route("/v1/credits", guarded(_credits)),
        Route("/v1/generation", guarded(_generation)),
        Route("/v1/models", _models),
        Route("/v1/clips/{name}", _clip),
    ]
    handlers = {Refusal: _answer_refusal, HTTPException: _answer_http}
    # A page of another site may point a name of its own at this machine; this gateway answers to its own names only.
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "*.localhost", "[::1]"])
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers=handlers, middleware=[hosts])
    app.state.jobs = jobs
    return app


async def close(app: Starlette) -> None:
    """End the processes that draw and remove every clip. For callers whose transport runs no lifespan."""
    await _jobs_of(app).close()


def _jobs_of(app: object) -> Jobs:
    return cast("Jobs", cast("Starlette", app).state.jobs)


async def _generate(request: Request) -> Response:
    model = read_model(request)
    body = await read_body(request, reading.HELD_OPEN_LIMIT, _HELD_OPEN_TOO_LARGE)
    job = _jobs_of(request.app).submit(read_order(model, parse_object(body)))
    headers = {"cache-control": "no-cache", "x-accel-buffering": "no"}
    return StreamingResponse(_events(job, request), media_type="text/event-stream", headers=headers)


async def _events(job: Job, request: Request) -> AsyncIterator[bytes]:
    """Comment lines until the clip is there, then the one event. A caller who leaves ends the drawing."""
    drawing = asyncio.wrap_future(job.drawing)
    try:
        yield b":\n\n"
        while not (await asyncio.wait({drawing}, timeout=HEARTBEAT_SECONDS))[0]:
            if await request.is_disconnected():
                return
            yield b":\n\n"
        event = answers.deliver(job, str(request.base_url))
        yield b"data: " + json.dumps(event, allow_nan=False).encode() + b"\n\n"
    finally:
        if drawing.done() and not drawing.cancelled():
            drawing.exception()  # read, so that asyncio does not complain about it
        else:
            job.abandon()
            drawing.cancel()


async def _start(request: Request) -> Response:
    model = read_model(request)
    limit = reading.START_LIMIT - reading.START_ALLOWANCE
    body = await read_body(request, limit, _START_TOO_LARGE)
    order: Order = read_order(model, parse_object(body))
    key = request.headers.get("idempotency-key")
    if key is not None and not 0 < len(key) <= MAX_KEY:
        raise invalid(f"the idempotency-key has {len(key)} characters; it may have 1 to {MAX_KEY}")
    jobs = _jobs_of(request.app)
    job = jobs.submit_once(key, model.id, body, order) if key else jobs.submit(order)
    return JSONResponse(answers.accept(job), 202)


async def _status(request: Request) -> Response:
    model = read_model(request)
    body = parse_object(await read_body(request, reading.STATUS_LIMIT, "The request is larger than 1 MiB."))
    operation = body.get("operation")
    name = operation.get("gatewayJobId") if isinstance(operation, dict) else None
    if not isinstance(name, str):
        raise invalid("operation.gatewayJobId is missing", "operation")
    job = _jobs_of(request.app).find(name)
    if job is None or job.model != model.id:
        raise Refusal(404, "not_found", f"No job {name!r} of {model.id} is known here.", {"jobId": name})
    return JSONResponse(answers.report(job, str(request.base_url)))


async def _config(_request: Request) -> Response:
    return JSONResponse({"models": [answers.configure_model(each) for each in catalogue().models.values()]})


async def _models(_request: Request) -> Response:
    listed = [answers.list_model(each) for each in catalogue().models.values()]
    return JSONResponse({"object": "list", "data": listed})


async def _credits(_request: Request) -> Response:
    return JSONResponse({"balance": "0.00", "total_used": "0.00"})


async def _generation(request: Request) -> Response:
    name = request.query_params.get("id", "")
    job = _jobs_of(request.app).find_generation(name)
    if job is None or job.status != "completed":
        raise Refusal(404, "not_found", f"No generation {name!r} is known here.")
    return JSONResponse({"data": answers.generation(job)})


async def _clip(request: Request) -> Response:
    name = request.path_params["name"]
    job = _jobs_of(request.app).find(name.removesuffix(".mp4"))
    if job is None or job.clip.name != name or job.status != "completed":
        raise Refusal(404, "not_found", "No such clip.")
    return FileResponse(job.clip, media_type="video/mp4")


async def _answer_refusal(_request: Request, error: Exception) -> Response:
    return cast("Refusal", error).response()


async def _answer_http(_request: Request, error: Exception) -> Response:
    problem = cast("HTTPException", error)
    kind = "not_found" if problem.status_code == 404 else "invalid_request_error"
    body: Json = {"error": {"message": problem.detail, "type": kind, "param": None, "code": problem.status_code}}
    return JSONResponse(body, problem.status_code, dict(problem.headers or {}))
