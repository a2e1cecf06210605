"""A paid gateway for rehearsals: it speaks the whole contract, charges before it answers, and fails as it is told.

    POST /v4/ai/video-model           held open: comment lines until the clip is done, then one event
    POST /v4/ai/video-model/start     a job
    POST /v4/ai/video-model/status    what became of it
    GET  /v1/models  /v1/credits  /v1/generation?id=  /v1/clips/NAME?signature  /stills/NAME

What it charged stands in `ledger.jsonl` in its folder. Another gateway on the same folder knows the same jobs and keys.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import cast

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from storyboard.gateway.local import reading
from storyboard.gateway.local.refusal import Json, Refusal
from storyboard.testing import orders
from storyboard.testing.clips import clip_of
from storyboard.testing.faults import Fault, Script, Target
from storyboard.testing.ledger import Charge, KeyUsedOtherwise, Ledger
from storyboard.testing.serving import serving
from storyboard.testing.striking import cut_short, strike

BASE_PATH = "/v4/ai"
STILLS_PATH = "/stills"
HEARTBEAT_SECONDS = 0.05


@dataclass
class FakeGateway:
    """A gateway that takes money which is none. Everything but the folder may be changed while it serves."""

    folder: Path
    """Where its ledger is."""
    faults: Sequence[Fault] = ()
    honours_keys: bool = True
    """Whether the same idempotency key with the same bytes is the same job. Without it, every start is a new charge."""
    polls: int = 1
    """A job is done at this status call..."""
    seconds: float = 0.0
    """...when its clock has gone so far since the order."""
    latency: float = 0.0
    """Every order is charged, and then waits up to so many seconds for its answer."""
    conflicts: bool = False
    """Whether a key whose first call has no answer yet is a 409."""
    inline: bool = False
    """Whether clips travel in the answers, as base64, rather than under an address."""
    height: int = 0
    """Pixels of the short side of its clips; 0 for what was ordered."""
    prices: Decimal = Decimal(1)
    """A factor on every price of the catalogue: what it costs now."""
    balance: Decimal = Decimal(1_000)
    """US dollars that the account began with; when they are gone, orders are a 402."""
    credential: str = ""
    """The bearer token that it insists on; empty for any."""
    draw: Callable[[Charge], bytes] = clip_of
    """What the clip of a job is: a flat colour of its own, or what somebody puts here."""
    clock: Callable[[], float] = time.time
    calls: Counter[str] = field(default_factory=Counter)
    """How often each route was called."""

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.folder)
        self._script = Script(self.faults)
        self._asked: Counter[str] = Counter()
        self._in_flight: set[tuple[str, str]] = set()

    @contextmanager
    def serve(self, port: int = 0) -> Iterator[str]:
        """Serve it on this machine, in a thread; gives its base address, `http://127.0.0.1:PORT/v4/ai`."""
        self.stills.mkdir(parents=True, exist_ok=True)
        with serving(self.application(), port) as taken:
            yield f"http://127.0.0.1:{taken}{BASE_PATH}"

    @property
    def home(self) -> Path:
        """Where takes are kept that are bought with its `environment`: never among the real ones."""
        return self.folder / "home"

    @property
    def stills(self) -> Path:
        """The folder whose files it shows under `/stills`: a still host."""
        return self.folder / "stills"

    def environment(self, base: str) -> dict[str, str]:
        """The variables with which `storyboard` buys here: its address, a key, quick polling, a home and a still host
        apart from the real ones. An empty `STORYBOARD_STILLS_HOST` over them is a rehearsal without a host."""
        return {
            "AI_GATEWAY_API_KEY": self.credential or "rehearsal",
            "STORYBOARD_GATEWAY_URL": base,
            "STORYBOARD_ALLOW_LOOPBACK": "1",
            "STORYBOARD_POLL_SECONDS": "0.05",
            "STORYBOARD_HOME": str(self.home.resolve()),
            "STORYBOARD_STILLS_HOST": str(self.stills.resolve()),
            "STORYBOARD_STILLS_URL": base.removesuffix(BASE_PATH) + STILLS_PATH,
        }

    def script(self, *faults: Fault) -> None:
        """Put another script in the place of the one that is played; its calls are counted from now on."""
        self.faults = faults
        self._script = Script(faults)

    def application(self) -> Starlette:
        """The gateway as an ASGI application. What ends a connection needs `serve`."""
        video, own = f"{BASE_PATH}/video-model", self._guarded
        routes = [
            Route(video, own("generate", self._generate), methods=["POST"]),
            Route(f"{video}/start", own("start", self._start), methods=["POST"]),
            Route(f"{video}/status", own("status", self._status), methods=["POST"]),
            Route("/v1/credits", own("credits", self._credits)),
            Route("/v1/generation", own("generation", self._generation)),
            Route("/v1/models", own("models", self._models)),
            Route("/v1/clips/{job}.mp4", own("clip", self._clip)),
            Mount(STILLS_PATH, StaticFiles(directory=self.stills, check_dir=False)),
        ]
        return Starlette(routes=routes, exception_handlers={Refusal: _answer_refusal})

    def _guarded(
        self, route: str, endpoint: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def check_first(request: Request) -> Response:
            self.calls[route] += 1
            if route not in ("models", "clip"):
                reading.check_caller(request, self.credential or None)
            return await endpoint(request)

        return check_first

    async def _start(self, request: Request) -> Response:
        order = await self._read(request, reading.START_LIMIT - reading.START_ALLOWANCE)
        fault = self._script.next("start", order.prompt)
        if fault and not fault.charged and (answer := await strike(fault, request)):
            return answer
        mine = (order.account, order.key)
        if self.conflicts and order.key and mine in self._in_flight:
            raise Refusal(409, "conflict", "A request with this idempotency key is being answered.")
        self._in_flight.add(mine)
        try:
            charge = self._charge(order)
            await asyncio.sleep(random.random() * self.latency)  # noqa: S311 - a rehearsal, not a secret
            if fault and fault.charged and (answer := await strike(fault, request)):
                return answer
        finally:
            self._in_flight.discard(mine)
        if fault and fault.kind == "again":
            charge = next(iter(self.ledger.jobs.values()))
        return JSONResponse(orders.accept(charge), 202)

    async def _generate(self, request: Request) -> Response:
        order = replace(await self._read(request, reading.HELD_OPEN_LIMIT), key="")
        fault = self._script.next("generate", order.prompt)
        if fault and not fault.charged and (answer := await strike(fault, request)):
            return answer
        charge = self._charge(order)
        if fault and fault.charged and (answer := await strike(fault, request)):
            return answer

        async def events() -> AsyncIterator[bytes]:
            yield b":\n\n"
            end = charge.time + self.seconds + random.random() * self.latency  # noqa: S311
            while (left := end - self.clock()) > 0:
                await asyncio.sleep(min(left, HEARTBEAT_SECONDS))
                yield b":\n\n"
            event = orders.deliver(charge, await self._video(charge, request))
            yield b"data: " + json.dumps(event).encode() + b"\n\n"

        return StreamingResponse(events(), media_type="text/event-stream")

    async def _status(self, request: Request) -> Response:
        model = reading.read_model(request)
        body = reading.parse_object(await reading.read_body(request, reading.STATUS_LIMIT, "The request is too large."))
        operation = body.get("operation")
        name = operation.get("gatewayJobId") if isinstance(operation, dict) else None
        charge = self.ledger.jobs.get(str(name))
        if answer := await self._struck("status", request, charge.prompt if charge else ""):
            return answer
        if charge is None or charge.model != model.id:
            raise Refusal(404, "not_found", f"No job {name!r} of {model.id} is known here.", {"jobId": name})
        self._asked[charge.job] += 1
        if self._asked[charge.job] < self.polls or self.clock() < charge.time + self.seconds:
            return JSONResponse(orders.pending(charge))
        return JSONResponse(orders.report(charge, await self._video(charge, request), self.clock()))

    async def _clip(self, request: Request) -> Response:
        charge = self.ledger.jobs.get(request.path_params["job"])
        fault = self._script.next("clip", charge.prompt if charge else "")
        if fault and not fault.kind.startswith("cut-") and (answer := await strike(fault, request)):
            return answer
        if charge is None:
            raise Refusal(404, "not_found", "No such clip.")
        if request.query_params.get("X-Amz-Signature") != orders.signature_of(charge):
            raise Refusal(403, "forbidden", "The signature is not the clip's.")
        data = await self._bytes(charge)
        if fault and fault.kind.startswith("cut-"):
            return await cut_short(request, data, fault.kind)
        return orders.clip_response(data, request.headers)

    async def _models(self, request: Request) -> Response:
        answer = await self._struck("models", request)
        return answer or JSONResponse({"object": "list", "data": orders.list_models(self.prices)})

    async def _credits(self, request: Request) -> Response:
        used = self.ledger.total
        answer = await self._struck("credits", request)
        return answer or JSONResponse({"balance": str(self.balance - used), "total_used": str(used)})

    async def _generation(self, request: Request) -> Response:
        name = request.query_params.get("id", "")
        charge = self.ledger.jobs.get(f"job_{name.removeprefix('gen_')}")
        if answer := await self._struck("generation", request, charge.prompt if charge else ""):
            return answer
        if charge is None:
            raise Refusal(404, "not_found", f"No generation {name!r} is known here.")
        return JSONResponse({"data": orders.generation(charge)})

    async def _struck(self, route: Target, request: Request, prompt: str = "") -> Response | None:
        fault = self._script.next(route, prompt)
        return await strike(fault, request) if fault else None

    async def _read(self, request: Request, limit: int) -> Charge:
        """The order of a request, with what it would cost."""
        model = reading.read_model(request)
        body = await reading.read_body(request, limit, f"The request is larger than {limit // 1024} KiB.")
        order = orders.read(model, body, reading.parse_object(body), request.headers, self._still)
        size = orders.scaled(order.size, self.height)
        key = order.key if self.honours_keys else ""
        return replace(order, key=key, size=size, amount=order.amount * self.prices)

    def _still(self, address: str) -> bytes | None:
        """The still at an address of this gateway; it fetches from nowhere else."""
        _, found, name = address.partition(f"{STILLS_PATH}/")
        path = (self.stills / name).resolve()
        return path.read_bytes() if found and path.is_relative_to(self.stills.resolve()) and path.is_file() else None

    def _charge(self, order: Charge) -> Charge:
        """Take the money, on disk, and decide what becomes of the order. A known key is its earlier charge."""

        def decided(total: Decimal) -> Charge:
            if total + order.amount > self.balance:
                raise Refusal(402, "insufficient_funds", "The balance of this account does not cover the request.")
            charge, fate = replace(order, time=self.clock()), self._script.next("job", order.prompt)
            if fate is None:
                return charge
            free = fate.kind in ("fail", "cancel") and not fate.charged
            return replace(charge, fate=fate.kind, reason=fate.text, amount=Decimal(0) if free else charge.amount)

        try:
            return self.ledger.charge(order, decided)
        except KeyUsedOtherwise:
            raise Refusal(422, "invalid_request_error", "This idempotency key was used with another request.") from None

    async def _video(self, charge: Charge, request: Request) -> Json | None:
        """The clip of a job that is done, as an answer has it; None for a job that failed."""
        if charge.fate in ("fail", "cancel"):
            return None
        if self.inline:
            data = base64.b64encode(await self._bytes(charge)).decode()
            return {"type": "base64", "data": data, "mediaType": "video/mp4"}
        query = f"X-Amz-Expires=3600&X-Amz-Signature={orders.signature_of(charge)}"
        address = f"{str(request.base_url).rstrip('/')}/v1/clips/{charge.job}.mp4?{query}"
        return {"type": "url", "url": address, "mediaType": "video/mp4"}

    async def _bytes(self, charge: Charge) -> bytes:
        data = await asyncio.to_thread(self.draw, charge)
        self.ledger.deliver(charge.job, hashlib.sha256(data).hexdigest())
        return data


async def _answer_refusal(_request: Request, error: Exception) -> Response:
    return cast("Refusal", error).response()
