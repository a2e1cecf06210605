"""What these tests share: calls to the application, requests that are right, stills, and a look into clips."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import httpx
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from storyboard.gateway.local.app import BASE_PATH, ORIGIN

if TYPE_CHECKING:
    from starlette.applications import Starlette

STILLS = Path(__file__).parents[3] / "examples" / "first-light" / "stills"
I2V = "klingai/kling-v3.0-i2v"
T2V = "klingai/kling-v3.0-t2v"
VIDEO = f"{BASE_PATH}/video-model"
START = f"{VIDEO}/start"
STATUS = f"{VIDEO}/status"

Json = dict[str, Any]
Grey = NDArray[np.float64]

WORDS: Json = {"prompt": "Hills at dusk.", "n": 1, "duration": 3, "aspectRatio": "1:1", "providerOptions": {}}
"""A short request from words alone, quickly drawn."""


def headers(model: str = I2V, **changes: str) -> dict[str, str]:
    """The headers of a video request; a keyword changes one, with `_` for `-`, and an empty one leaves it out."""
    every = {
        "authorization": "Bearer k_test",
        "content-type": "application/json",
        "ai-gateway-protocol-version": "0.0.1",
        "ai-gateway-auth-method": "api-key",
        "ai-video-model-specification-version": "4",
        "ai-model-id": model,
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    return {name: value for name, value in every.items() if value}


def call(app: Starlette, method: str, path: str, **request: Any) -> httpx.Response:
    """One request to the application in this process."""

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, timeout=60) as client:
            return await client.request(method, path, **request)

    return asyncio.run(send())


def post(app: Starlette, path: str, body: object, **changes: str) -> httpx.Response:
    """A video request with a JSON body; keywords as for `headers`."""
    return call(app, "POST", path, content=json.dumps(body), headers=headers(**changes))


def read_event(answer: httpx.Response) -> Json:
    """The one data event of a held-open answer."""
    events = [line[6:] for line in answer.text.splitlines() if line.startswith("data: ")]
    assert len(events) == 1
    event: Json = json.loads(events[0])
    return event


def error_of(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, type and message of an answer that is an error in the contract's shape."""
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return answer.status_code, error["type"], error["message"]


def wait_for(app: Starlette, started: Json, model: str) -> Json:
    """The status of a job once it is not pending any more."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        answer: Json = post(app, STATUS, {"operation": started["operation"]}, model=model).json()
        if answer["status"] != "pending":
            return answer
        time.sleep(0.1)
    raise AssertionError("the job did not end")


@cache
def still(name: str = "autumn-ridge.jpg", size: tuple[int, int] = (480, 320), kind: str = "JPEG") -> bytes:
    """A photograph, cropped to a size."""
    with Image.open(STILLS / name) as picture:
        small = ImageOps.fit(picture.convert("RGB"), size, Image.Resampling.LANCZOS)
    data = io.BytesIO()
    small.save(data, kind)
    return data.getvalue()


def file_of(data: bytes, media_type: str = "image/jpeg") -> Json:
    """The wire's File with these bytes."""
    return {"type": "file", "mediaType": media_type, "data": base64.b64encode(data).decode()}


def body(**changes: object) -> Json:
    """A short request from one still; a keyword changes a field, and None leaves it out."""
    every = {
        "prompt": "The camera pushes in.",
        "n": 1,
        "duration": 3,
        "providerOptions": {"klingai": {"mode": "std"}},
        "image": file_of(still()),
        **changes,
    }
    return {name: value for name, value in every.items() if value is not None}


def read_frames(clip: Path) -> list[Grey]:
    """Every picture of a clip, in grey."""
    with av.open(str(clip)) as container:
        rgb = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return [np.asarray(Image.fromarray(picture).convert("L"), dtype=np.float64) for picture in rgb]


def compare(one: Grey, other: Grey) -> float:
    """SSIM of two grey pictures, with a flat window of 7 pixels."""

    def mean(values: Grey) -> Grey:
        total = np.pad(values, ((1, 0), (1, 0))).cumsum(0).cumsum(1)
        return np.asarray((total[7:, 7:] - total[:-7, 7:] - total[7:, :-7] + total[:-7, :-7]) / 49)

    a, b = mean(one), mean(other)
    spread = mean(one * one) - a * a + mean(other * other) - b * b
    both = mean(one * other) - a * b
    likeness = (2 * a * b + 6.5025) * (2 * both + 58.5225) / ((a * a + b * b + 6.5025) * (spread + 58.5225))
    return float(likeness.mean())
