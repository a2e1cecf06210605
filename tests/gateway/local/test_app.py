"""The endpoints in process: shapes and errors."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from storyboard.gateway.local.app import BASE_PATH, ORIGIN, application
from storyboard.planner.catalogue import catalogue

from .calling import (
    I2V,
    START,
    STATUS,
    T2V,
    VIDEO,
    WORDS,
    Json,
    body,
    call,
    error_of,
    headers,
    post,
    read_event,
    wait_for,
)

if TYPE_CHECKING:
    from starlette.applications import Starlette


@pytest.fixture(scope="module")
def result(app: Starlette) -> Json:
    """The event of a held-open call for one still, with a warning."""
    answer = post(app, VIDEO, body(seed=7))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text.startswith(":\n\n")
    return read_event(answer)


def test_importing_the_application_loads_nothing_heavy() -> None:
    program = "import sys, storyboard.gateway.local.app; print({'moviepy', 'PIL', 'numpy'} & set(sys.modules))"
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_held_open_result(result: Json) -> None:
    assert result["type"] == "result"
    assert [warning["feature"] for warning in result["warnings"]] == ["seed"]
    (video,) = result["videos"]
    assert (video["type"], video["mediaType"]) == ("url", "video/mp4")
    assert video["url"].startswith(f"{ORIGIN}/v1/clips/job_")
    gateway = result["providerMetadata"]["gateway"]
    assert (gateway["local"], gateway["cost"]) == (True, "0")
    kling = result["providerMetadata"]["klingai"]["videos"][0]
    assert (kling["duration"], kling["url"]) == ("3", video["url"])


def test_a_clip_is_downloaded_whole_or_in_part(app: Starlette, result: Json) -> None:
    url = result["videos"][0]["url"]
    whole = call(app, "GET", url)
    assert whole.headers["content-type"] == "video/mp4"
    assert int(whole.headers["content-length"]) == len(whole.content)
    assert whole.headers["etag"]
    part = call(app, "GET", url, headers={"range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
    head = call(app, "HEAD", url)
    assert (head.headers["content-length"], head.content) == (str(len(whole.content)), b"")


@pytest.mark.parametrize("name", ["job_0.mp4", "job_0", "..%2F..%2Fetc%2Fpasswd", "x.part"])
def test_other_names_are_not_clips(app: Starlette, name: str) -> None:
    assert error_of(call(app, "GET", f"/v1/clips/{name}"))[:2] == (404, "not_found")


def test_a_generation_costs_nothing(app: Starlette, result: Json) -> None:
    name = result["providerMetadata"]["gateway"]["generationId"]
    data = call(app, "GET", f"/v1/generation?id={name}", headers=headers()).json()["data"]
    assert (data["id"], data["total_cost"], data["model"]) == (name, 0, I2V)
    unknown = call(app, "GET", "/v1/generation?id=gen_0", headers=headers())
    assert error_of(unknown)[:2] == (404, "not_found")


@pytest.mark.parametrize(
    ("changes", "status", "kind"),
    [
        ({"authorization": ""}, 401, "authentication_error"),
        ({"authorization": "Bearer "}, 401, "authentication_error"),
        ({"authorization": "Basic abc"}, 401, "authentication_error"),
        ({"ai_gateway_protocol_version": ""}, 400, "invalid_request_error"),
        ({"ai_gateway_protocol_version": "0.0.2"}, 400, "invalid_request_error"),
        ({"ai_gateway_auth_method": "magic"}, 400, "invalid_request_error"),
        ({"ai_video_model_specification_version": "3"}, 400, "invalid_request_error"),
        ({"ai_model_id": ""}, 400, "invalid_request_error"),
        ({"ai_model_id": "klingai/kling-v9"}, 404, "model_not_found"),
        ({"content_type": "text/plain"}, 400, "invalid_request_error"),
    ],
)
@pytest.mark.parametrize("path", [VIDEO, START, STATUS])
def test_headers_are_checked(app: Starlette, path: str, changes: dict[str, str], status: int, kind: str) -> None:
    answer = call(app, "POST", path, content=json.dumps(body()), headers=headers(**changes))
    assert error_of(answer)[:2] == (status, kind)
    assert answer.headers["content-type"] == "application/json"


def test_a_key_of_its_own() -> None:
    app = application(key="s3cret")
    config = f"{BASE_PATH}/config"
    assert call(app, "GET", config, headers=headers(authorization="Bearer s3cret")).status_code == 200
    assert error_of(call(app, "GET", config, headers=headers()))[:2] == (401, "authentication_error")
    assert call(app, "GET", "/v1/models").status_code == 200


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '"x"',
        '{"duration": NaN}',
        '{"duration": Infinity}',
        '{"duration": -Infinity}',
        '{"n": 1, "n": 2}',
        '{"prompt": "\\ud800"}',
        "[" * 100_000,
        b"\xff\xfe{}",
    ],
)
@pytest.mark.parametrize("path", [VIDEO, START, STATUS])
def test_what_is_not_a_json_object_is_refused(app: Starlette, path: str, text: str | bytes) -> None:
    answer = call(app, "POST", path, content=text, headers=headers())
    assert error_of(answer)[:2] == (400, "invalid_request_error")


def test_malformed_requests_fail_before_the_stream_opens(app: Starlette) -> None:
    answer = post(app, VIDEO, body(duration=99))
    assert error_of(answer)[:2] == (400, "invalid_request_error")
    assert answer.json()["error"]["param"] == "duration"


def test_the_start_route_is_small(app: Starlette) -> None:
    limit = 292 * 1024
    empty = len(json.dumps({**WORDS, "x": ""}))
    fits = post(app, START, {**WORDS, "x": "y" * (limit - empty)}, model=T2V)
    assert fits.status_code == 202
    large = post(app, START, {**WORDS, "x": "y" * (limit - empty + 1)}, model=T2V)
    status, _, message = error_of(large)
    assert status == 413
    assert "hosted URLs" in message
    assert wait_for(app, fits.json(), T2V)["status"] == "completed"


def test_the_held_open_route_has_a_limit_too(app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storyboard.gateway.local.reading.HELD_OPEN_LIMIT", 1000)
    assert error_of(post(app, VIDEO, body()))[0] == 413


def test_models_and_prices(app: Starlette) -> None:
    listed = call(app, "GET", "/v1/models").json()
    assert listed["object"] == "list"
    entries = {entry["id"]: entry for entry in listed["data"]}
    assert set(entries) == set(catalogue().models)
    entry = entries[I2V]
    assert entry["type"] == "video"
    prices = entry["pricing"]["video_duration_pricing"]
    assert {"mode": "pro", "resolution": "1080p", "audio": True, "cost_per_second": "0.336"} in prices
    assert entry["video_capabilities"]["supported_durations_seconds"] == list(range(3, 16))
    assert entry["video_capabilities"]["input_limits"]["image"]["max_count"] == 2


def test_configuration_and_credits(app: Starlette) -> None:
    models = call(app, "GET", f"{BASE_PATH}/config", headers=headers()).json()["models"]
    specification = {"specificationVersion": "v4", "provider": "klingai", "modelId": I2V}
    assert specification in [model["specification"] for model in models]
    assert {model["modelType"] for model in models} == {"video"}
    assert call(app, "GET", "/v1/credits", headers=headers()).json() == {"balance": "0.00", "total_used": "0.00"}
    assert error_of(call(app, "GET", "/v1/credits"))[0] == 401


def test_other_routes_and_methods(app: Starlette) -> None:
    assert error_of(call(app, "GET", "/v1/nothing"))[:2] == (404, "not_found")
    wrong = call(app, "GET", VIDEO, headers=headers())
    assert error_of(wrong)[0] == 405
    assert wrong.headers["allow"]


def test_another_sites_name_for_this_machine_is_not_answered(app: Starlette) -> None:
    """A page may point a name of its own at 127.0.0.1 and send what it likes there."""
    answer = call(app, "GET", "/v1/models", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert call(app, "GET", "/v1/models", headers={"host": "localhost:8484"}).status_code == 200


def test_a_body_of_a_million_values_is_refused(app: Starlette) -> None:
    status, _, message = error_of(post(app, "/v4/ai/video-model/status", {"operation": [[] for _ in range(30_000)]}))
    assert status == 400
    assert message == "the body has more than 20,000 values"


def test_too_many_waiting_clips_are_refused(app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storyboard.gateway.local.jobs.MOST_WAITING", 0)
    status, kind, _ = error_of(post(app, "/v4/ai/video-model/start", body()))
    assert (status, kind) == (429, "rate_limit_exceeded")
