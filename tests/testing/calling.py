"""Plain HTTP calls to a fake gateway, as the contract has them."""

from __future__ import annotations

import json
from typing import Any

import httpx

MODEL = "klingai/kling-v3.0-t2v"
HEADERS = {
    "authorization": "Bearer k_test",
    "content-type": "application/json",
    "ai-gateway-protocol-version": "0.0.1",
    "ai-gateway-auth-method": "api-key",
    "ai-video-model-specification-version": "4",
    "ai-model-id": MODEL,
}


def order(prompt: str = "A fox drinks.", **fields: Any) -> bytes:
    """The body of an order."""
    return json.dumps({"prompt": prompt, "n": 1, "duration": 3, "providerOptions": {}, **fields}).encode()


def start(base: str, body: bytes, key: str = "", **headers: str) -> httpx.Response:
    """Order by the start route."""
    headers = {**HEADERS, **({"idempotency-key": key} if key else {}), **headers}
    return httpx.post(f"{base}/video-model/start", content=body, headers=headers)


def job_of(answer: httpx.Response) -> str:
    """The job that a start named."""
    assert answer.status_code == 202, answer.text
    return str(answer.json()["operation"]["gatewayJobId"])


def ask(base: str, job: str) -> httpx.Response:
    """How a job stands."""
    content = json.dumps({"operation": {"gatewayJobId": job}})
    return httpx.post(f"{base}/video-model/status", content=content, headers=HEADERS)


def address(base: str, job: str) -> str:
    """Where the clip of a finished job is."""
    answer = ask(base, job).json()
    assert answer["status"] == "completed", answer
    return str(answer["videos"][0]["url"])


def hold(base: str, body: bytes) -> tuple[str, list[dict[str, Any]]]:
    """Order by the held-open route: the stream as it came, and its events."""
    answer = httpx.post(f"{base}/video-model", content=body, headers={**HEADERS, "accept": "text/event-stream"})
    assert answer.status_code == 200, answer.text
    lines = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: ")]
    return answer.text, [json.loads(line) for line in lines]
