"""Jobs: from start to clip, once per key, and what stays when something dies."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from storyboard.gateway.local.app import application, close

from .calling import (
    I2V,
    START,
    STATUS,
    T2V,
    VIDEO,
    WORDS,
    body,
    call,
    error_of,
    file_of,
    post,
    read_event,
    still,
    wait_for,
)

if TYPE_CHECKING:
    from starlette.applications import Starlette


def test_a_job_from_start_to_clip(app: Starlette) -> None:
    started = post(app, START, {**WORDS, "fps": 25}, model=T2V)
    assert started.status_code == 202
    accepted = started.json()
    assert [warning["feature"] for warning in accepted["warnings"]] == ["fps"]
    gateway = accepted["providerMetadata"]["gateway"]
    assert gateway["asyncJob"]["jobId"] == accepted["operation"]["gatewayJobId"]
    assert gateway["asyncJob"]["status"] in ("queued", "running")
    assert gateway["local"] is True
    done = wait_for(app, accepted, T2V)
    assert done["status"] == "completed"
    job = done["providerMetadata"]["gateway"]["asyncJob"]
    assert job["status"] == "completed"
    assert job["result"]["expiresAt"] > 1_700_000_000_000
    assert call(app, "GET", done["videos"][0]["url"]).status_code == 200
    assert done["providerMetadata"]["klingai"]["videos"][0]["duration"] == "3"


def test_an_unknown_job(app: Starlette) -> None:
    answer = post(app, STATUS, {"operation": {"gatewayJobId": "job_0"}})
    assert error_of(answer)[:2] == (404, "not_found")
    assert answer.json()["error"]["param"] == {"jobId": "job_0"}
    assert error_of(post(app, STATUS, {"operation": "job_0"}))[:2] == (400, "invalid_request_error")


def test_a_job_belongs_to_its_model(app: Starlette) -> None:
    started = post(app, START, WORDS, model=T2V).json()
    assert error_of(post(app, STATUS, started, model=I2V))[0] == 404
    assert wait_for(app, started, T2V)["status"] == "completed"


def test_the_same_key_and_bytes_are_one_job(app: Starlette) -> None:
    one, again = (post(app, START, WORDS, model=T2V, idempotency_key="k-1") for _ in range(2))
    assert (one.status_code, again.status_code) == (202, 202)
    assert one.json()["operation"] == again.json()["operation"]
    other = post(app, START, {**WORDS, "duration": 4}, model=T2V, idempotency_key="k-1")
    assert error_of(other)[:2] == (422, "invalid_request_error")
    another = post(app, START, WORDS, model=T2V, idempotency_key="k-2").json()
    assert another["operation"] != one.json()["operation"]
    assert error_of(post(app, START, WORDS, model=T2V, idempotency_key="k" * 257))[0] == 400
    assert wait_for(app, one.json(), T2V)["videos"] != wait_for(app, another, T2V)["videos"]


def test_a_damaged_still_fails_its_own_job_only(app: Starlette) -> None:
    damaged = body(image=file_of(still()[:3000]))
    failing = post(app, START, damaged).json()
    well = post(app, START, WORDS, model=T2V).json()
    failed = wait_for(app, failing, I2V)
    assert failed["status"] == "error"
    assert "the first image is damaged" in failed["error"]
    assert failed["providerMetadata"]["gateway"]["asyncJob"]["status"] == "failed"
    held = read_event(post(app, VIDEO, damaged))
    assert (held["type"], held["errorType"], held["statusCode"]) == ("error", "invalid_request_error", 400)
    assert set(held) == {"type", "message", "errorType", "statusCode", "param"}
    assert wait_for(app, well, T2V)["status"] == "completed"


def test_closing_stops_the_work_and_removes_the_clips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    app = application(workers=1)
    done = post(app, START, WORDS, model=T2V).json()
    assert wait_for(app, done, T2V)["status"] == "completed"
    (folder,) = tmp_path.iterdir()
    assert folder.stat().st_mode & 0o077 == 0
    post(app, START, {**WORDS, "duration": 15}, model=T2V)
    post(app, START, {**WORDS, "duration": 15}, model=T2V)
    asyncio.run(close(app))
    assert list(tmp_path.iterdir()) == []
    assert error_of(post(app, STATUS, done, model=T2V))[0] == 404


def test_a_process_that_dies_fails_its_job_and_not_the_next() -> None:
    before = {process.pid for process in multiprocessing.active_children()}
    app = application(workers=1)
    try:
        doomed = post(app, START, {**WORDS, "duration": 15}, model=T2V).json()
        (worker,) = {process.pid for process in multiprocessing.active_children()} - before
        assert worker
        os.kill(worker, signal.SIGKILL)
        assert wait_for(app, doomed, T2V)["status"] == "error"
        after = post(app, START, WORDS, model=T2V).json()
        assert wait_for(app, after, T2V)["status"] == "completed"
    finally:
        asyncio.run(close(app))


_KILLED = """
import asyncio, json, os, signal, time
from storyboard.gateway.local.animatic import Animatic
from storyboard.gateway.local.jobs import Jobs
from storyboard.gateway.local.order import Order
from storyboard.planner.catalogue import catalogue
if __name__ == "__main__":
    jobs = Jobs(1)
    job = jobs.submit(Order(catalogue().models["klingai/kling-v3.0-t2v"], Animatic("x", 15, (1280, 720)), ()))
    while job.status != "running":
        time.sleep(0.02)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_gateway_leaves_no_process_and_no_folder(tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[3])}
    script = tmp_path / "killed.py"
    script.write_text(_KILLED)
    done: Any = subprocess.run([sys.executable, str(script)], env=environment, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL

    for _ in range(1_200):
        if not list(tmp_path.glob("storyboard-gateway-*")):
            return
        time.sleep(0.05)
    raise AssertionError("the folder is still there")
