from __future__ import annotations

import asyncio
import email.utils
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from storyboard.assembler import media
from storyboard.errors import Refused
from storyboard.testing import FakeGateway, Fault, storm
from storyboard.testing.faults import ALWAYS, CUTS, PAGE, Script
from tests.paid.answers import HUGE, NO_VIDEO, NOT_A_NUMBER, RUNNING
from tests.testing.calling import HEADERS, address, ask, hold, job_of, order, start


def test_a_script_strikes_the_calls_that_it_names() -> None:
    late, foxes, down = (
        Fault("start", "drop", nth=2, times=2),
        Fault("start", "refuse", prompt="fox"),
        Fault("clip", "x"),
    )
    script = Script([late, foxes, down])
    prompts = ("a fox", "a hen", "a fox", "a fox", "a fox")
    assert [script.next("start", prompt) for prompt in prompts] == [foxes, late, late, None, None]
    assert [script.next("clip"), script.next("clip"), script.next("status")] == [down, None, None]
    always = Script([Fault("clip", "drop", nth=3, times=ALWAYS)])
    assert [always.next("clip") is None for _ in range(5)] == [True, True, False, False, False]


def test_a_refusal_is_in_the_contracts_shape(gateway: FakeGateway, base: str) -> None:
    gateway.script(Fault("start", "refuse", status=429, text="slower", retry_after="3"))
    answer = start(base, order())
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")
    assert answer.json()["error"] == {"message": "slower", "type": "rate_limit_exceeded", "param": None, "code": 429}
    assert gateway.ledger.jobs == {}
    assert start(base, order()).status_code == 202


def test_retry_after_has_three_forms(gateway: FakeGateway, base: str) -> None:
    date = email.utils.formatdate(time.time() + 60, usegmt=True)
    gateway.script(*(Fault("start", "refuse", nth, retry_after=one) for nth, one in enumerate(("7", date, "250ms"), 1)))
    answers = [start(base, order()) for _ in range(3)]
    assert [answer.headers.get("retry-after") for answer in answers] == ["7", date, None]
    assert answers[2].headers["retry-after-ms"] == "250"


@pytest.mark.parametrize("charged", [False, True])
@pytest.mark.parametrize("kind", ["refuse", "drop", "say"])
def test_money_is_taken_before_a_fault_or_not(gateway: FakeGateway, base: str, kind: str, *, charged: bool) -> None:
    gateway.script(
        Fault("start", kind, charged=charged, text=PAGE), Fault("generate", kind, charged=charged, text=PAGE)
    )
    for call in (start, lambda *_: hold(base, order("Other."))):
        try:
            call(base, order())
        except (httpx.TransportError, AssertionError):
            continue
    assert len(gateway.ledger.charges) == (2 if charged else 0)


def test_a_dropped_connection_gives_nothing(gateway: FakeGateway, base: str) -> None:
    gateway.script(Fault("start", "drop"), Fault("status", "drop"), Fault("clip", "drop"))
    with pytest.raises(httpx.TransportError):
        start(base, order())
    job = job_of(start(base, order()))
    with pytest.raises(httpx.TransportError):
        ask(base, job)
    url = address(base, job)
    with pytest.raises(httpx.TransportError):
        httpx.get(url)
    assert httpx.get(url).content[4:8] == b"ftyp"


def test_a_call_may_never_be_answered_and_the_gateway_still_ends(gateway: FakeGateway) -> None:
    gateway.script(Fault("start", "hang", charged=True))
    with ThreadPoolExecutor(1) as pool:
        with gateway.serve() as base:
            call = pool.submit(httpx.post, f"{base}/video-model/start", content=order(), headers=HEADERS, timeout=60)
            while not gateway.ledger.charges:
                time.sleep(0.01)
            with pytest.raises(TimeoutError):
                call.result(timeout=0.2)
        assert call.exception() or call.result().is_error
    assert len(gateway.ledger.charges) == 1


@pytest.mark.parametrize("text", [PAGE, "", "{", NOT_A_NUMBER, HUGE, NO_VIDEO, RUNNING, '{"status": "resting"}'])
def test_any_answer_may_be_said(gateway: FakeGateway, base: str, text: str) -> None:
    job = job_of(start(base, order()))
    gateway.script(Fault("status", "say", status=200, text=text))
    answer = ask(base, job)
    assert (answer.status_code, answer.text) == (200, text)
    assert ask(base, job).json()["status"] == "completed"
    for valid in (HUGE, NO_VIDEO, RUNNING):
        json.loads(valid)


def test_a_job_may_fail_free_of_charge_or_billed(gateway: FakeGateway, base: str) -> None:
    gateway.script(
        Fault("job", "fail", prompt="one", text="moderation"),
        Fault("job", "fail", prompt="two", charged=True),
        Fault("job", "cancel", prompt="three"),
    )
    jobs = [job_of(start(base, order(prompt), prompt)) for prompt in ("one", "two", "three")]
    answers = [ask(base, job).json() for job in jobs]
    assert [answer["status"] for answer in answers] == ["error", "error", "cancelled"]
    assert answers[0]["error"] == "moderation"
    assert [one.prompt for one in gateway.ledger.charges] == ["two"]
    assert job_of(start(base, order("one"), "one")) == jobs[0]
    gateway.script(Fault("job", "fail", text="moderation"))
    (event,) = hold(base, order())[1]
    assert (event["type"], event["message"], event["statusCode"]) == ("error", "moderation", 400)


def test_an_operation_may_be_named_twice(gateway: FakeGateway, base: str) -> None:
    gateway.script(Fault("start", "again", nth=2))
    assert job_of(start(base, order("one"))) == job_of(start(base, order("two")))
    assert len(gateway.ledger.charges) == 2


@pytest.mark.parametrize("how", CUTS)
def test_a_download_may_end_in_its_middle(gateway: FakeGateway, base: str, how: str) -> None:
    url = address(base, job_of(start(base, order())))
    whole = httpx.get(url).content
    gateway.script(Fault("clip", how))
    if how in ("cut-length", "cut-chunk"):
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(url)
    else:
        assert httpx.get(url).content == whole[: len(whole) // 2]
    assert httpx.get(url).content == whole


@pytest.mark.parametrize(
    ("look", "frames", "width", "audio"),
    [("black", 72, 160, True), ("still", 72, 160, True), ("short", 48, 160, True), ("small", 72, 80, True),
     ("mute", 72, 160, False)],
)  # fmt: skip
def test_a_clip_may_be_another_than_ordered(
    gateway: FakeGateway, base: str, tmp_path: Path, look: str, frames: int, width: int, *, audio: bool
) -> None:
    gateway.script(Fault("job", look))
    clip = httpx.get(address(base, job_of(start(base, order(generateAudio=True))))).content
    (tmp_path / "clip.mp4").write_bytes(clip)
    facts = media.probe(tmp_path / "clip.mp4")
    assert (facts.frames, facts.width, facts.audio) == (frames, width, audio)


def test_a_clip_may_be_a_web_page(gateway: FakeGateway, base: str, tmp_path: Path) -> None:
    gateway.script(Fault("job", "page"))
    (tmp_path / "clip.mp4").write_bytes(httpx.get(address(base, job_of(start(base, order())))).content)
    with pytest.raises(Refused, match="not an MP4"):
        media.probe(tmp_path / "clip.mp4")


def test_a_key_in_flight_may_be_a_conflict(gateway: FakeGateway, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    async def held(*_: object) -> None:
        await asyncio.to_thread(released.wait)

    monkeypatch.setattr("storyboard.testing.gateway.strike", held)
    gateway.conflicts = True
    gateway.script(Fault("start", "slow", charged=True))
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(start, base, order(), "k1")
        while not gateway.ledger.charges:
            time.sleep(0.01)
        assert start(base, order(), "k1").status_code == 409
        assert start(base, order(), "k1").json()["error"]["type"] == "conflict"
        released.set()
        job = job_of(first.result())
    assert job_of(start(base, order(), "k1")) == job


def test_a_storm_is_the_same_for_a_seed_and_ends() -> None:
    assert storm(7) == storm(7) != storm(8)
    assert {fault.route for fault in storm(7)} >= {"start", "status", "clip", "generate"}
    assert all(fault.nth <= 50 for fault in storm(7, calls=50))
    assert storm(7, share=0.0) == ()
