"""A gateway for tests of the client's side: it answers at once with small clips, and fails on demand.

Words in a prompt choose what happens: REFUSE (400), FAIL (the job fails), BUSY (503), HTML (the clip is a page), CUT
(the clip is cut short), NOWHERE (its address answers 404), INLINE (the clip travels in the answer), LOUD (warnings).
"""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import imageio_ffmpeg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from storyboard.gateway.client import Access, GatewayClient
from storyboard.gateway.patience import Patience

ORIGIN = "http://fake.localhost"


def draw_clip(folder: Path, seconds: int = 3, color: str = "teal") -> bytes:
    """A small clip with sound."""
    target = folder / f"clip-{color}.mp4"
    if not target.exists():
        picture = ["-f", "lavfi", "-i", f"color={color}:s=160x90:r=24", "-f", "lavfi", "-i", "sine=330:r=48000"]
        colors = ["-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"]
        codecs = ["-c:v", "libx264", "-c:a", "aac", "-movflags", "+faststart"]
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *picture, "-t", str(seconds), *colors, *codecs]
        subprocess.run([*command, str(target)], check=True)
    return target.read_bytes()


@dataclass
class FakeGateway:
    """What was asked of it, and how many orders were under way at once."""

    clip: bytes
    pause: float = 0.0
    orders: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    polls: int = 0
    busy: int = 0
    busiest: int = 0
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def application(self) -> Starlette:
        """The gateway as an application."""
        return Starlette(
            routes=[
                Route("/v4/ai/video-model", self._generate, methods=["POST"]),
                Route("/v4/ai/video-model/start", self._start, methods=["POST"]),
                Route("/v4/ai/video-model/status", self._status, methods=["POST"]),
                Route("/clips/{name}", self._clip),
            ]
        )

    @asynccontextmanager
    async def client(self) -> AsyncIterator[GatewayClient]:
        """The real client, connected to this."""
        access, patience = Access(f"{ORIGIN}/v4/ai", "k_test"), Patience(unit=0.001)
        client = GatewayClient(access, httpx.ASGITransport(self.application()), patience=patience)
        try:
            yield client
        finally:
            await client.close()

    async def _order(self, request: Request) -> tuple[dict[str, Any], Response | None]:
        body = await request.json()
        self.orders.append(body)
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        await asyncio.sleep(self.pause)
        self.busy -= 1
        if "REFUSE" in body["prompt"]:
            return body, _error(400, "no \x1b[31mfoxes\u202e, please")
        if "BUSY" in body["prompt"]:
            return body, _error(503, "busy")
        return body, None

    async def _generate(self, request: Request) -> Response:
        body, refusal = await self._order(request)
        if refusal:
            return refusal
        event = {"type": "result", **self._result(body["prompt"])}
        if "FAIL" in body["prompt"]:
            event = {"type": "error", "message": "moderation", "errorType": "x", "statusCode": 400, "param": None}

        async def stream() -> AsyncIterator[bytes]:
            yield b":\n\n"
            yield f"data: {json.dumps(event)}\n\n".encode()

        return StreamingResponse(stream(), media_type="text/event-stream")

    async def _start(self, request: Request) -> Response:
        self.keys.append(request.headers["idempotency-key"])
        body, refusal = await self._order(request)
        if refusal:
            return refusal
        job = f"job_{len(self.jobs)}"
        self.jobs[job] = body
        return JSONResponse({"operation": {"gatewayJobId": job}}, 202)

    async def _status(self, request: Request) -> Response:
        self.polls += 1
        prompt = self.jobs[(await request.json())["operation"]["gatewayJobId"]]["prompt"]
        if self.polls % 2:
            return JSONResponse({"status": "pending"})
        if "FAIL" in prompt:
            return JSONResponse({"status": "error", "error": "moderation"})
        return JSONResponse({"status": "completed", **self._result(prompt)})

    def _result(self, prompt: str) -> dict[str, Any]:
        video: dict[str, Any] = {"type": "url", "url": f"{ORIGIN}/clips/ok.mp4", "mediaType": "video/mp4"}
        for word, name in (("HTML", "page.html"), ("CUT", "cut.mp4"), ("NOWHERE", "nowhere.mp4")):
            if word in prompt:
                video["url"] = f"{ORIGIN}/clips/{name}"
        if "INLINE" in prompt:
            video = {"type": "base64", "data": base64.b64encode(self.clip).decode(), "mediaType": "video/mp4"}
        warnings = [{"type": "unsupported", "feature": "seed", "details": "ignored"}] if "LOUD" in prompt else None
        return {"videos": [video], "warnings": warnings, "providerMetadata": {"gateway": {"local": True, "cost": "0"}}}

    async def _clip(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name == "nowhere.mp4":
            return Response("gone", 404)
        if name == "page.html":
            return Response("<html>sign in</html>")
        return Response(self.clip[: len(self.clip) * 9 // 10] if name == "cut.mp4" else self.clip)


def _error(status: int, message: str) -> JSONResponse:
    return JSONResponse({"error": {"message": message, "type": "x"}}, status)
