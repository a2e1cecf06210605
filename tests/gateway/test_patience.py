"""When calls leave and are tried again: in virtual time, with the real client in front of a gateway of this file."""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from storyboard.gateway.client import Access, GatewayClient
from storyboard.gateway.faults import CallFailed
from storyboard.gateway.patience import LONGEST, SLOWEST, Patience
from storyboard.gateway.wire import read_floor
from tests.gateway.raw import run_virtually, virtual_time

MODEL = "klingai/kling-v3.0-i2v"
ROUNDS = 200
STRESS = bool(os.environ.get("STORYBOARD_STRESS"))


class Gateway(httpx.AsyncBaseTransport):
    """Answers in virtual time; `fault` says what goes wrong with a call, by its number."""

    def __init__(self, fault: Callable[[int, httpx.Request], httpx.Response | Exception | None]) -> None:
        self.fault = fault
        self.calls: list[tuple[float, str]] = []
        self.forbidden: list[tuple[float, float]] = []
        self.ledger: dict[str, int] = {}
        self.polls: dict[str, int] = {}
        self.latency = 0.1

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One exchange."""
        await request.aread()
        self.calls.append((virtual_time(), request.url.path))
        number = len(self.calls)
        await asyncio.sleep(self.latency)
        struck = self.fault(number, request)
        if isinstance(struck, Exception):
            raise struck
        if struck is not None:
            floor = struck.headers.get("retry-after")
            if floor and floor.isdigit():
                self.forbidden.append((virtual_time(), virtual_time() + float(floor)))
            return struck
        return self.serve(request)

    def serve(self, request: httpx.Request) -> httpx.Response:
        """The right answer; a start with a key that is known costs nothing."""
        if request.url.path.endswith("/start"):
            key = request.headers["idempotency-key"]
            self.ledger.setdefault(key, 1)
            return httpx.Response(202, json={"operation": {"gatewayJobId": key}})
        job = json.loads(request.content)["operation"]["gatewayJobId"]
        self.polls[job] = self.polls.get(job, 0) + 1
        if self.polls[job] < 3:
            return httpx.Response(200, json={"status": "pending"})
        video = {"type": "url", "url": "https://cdn.example/x.mp4", "mediaType": "video/mp4"}
        return httpx.Response(200, json={"status": "completed", "videos": [video]})


def render(gateway: Gateway, shots: int, folder: Path, dice: random.Random) -> list[object]:
    """Order so many shots side by side, and ask after each until it is done: what became of them."""

    async def shoot(client: GatewayClient, shot: int) -> str:
        started = await client.start(MODEL, b"{}", f"key-{shot}")
        begun = virtual_time()
        while True:
            await asyncio.sleep(client.patience.next_wait(virtual_time() - begun, 5))
            status = await client.status(MODEL, started.operation, folder)
            if status.answer:
                return status.state

    async def run() -> list[object]:
        patience = Patience(clock=virtual_time, dice=dice)
        client = GatewayClient(Access("https://gateway.example/v4/ai", "k_test"), gateway, patience=patience)
        results = await asyncio.gather(*(shoot(client, shot) for shot in range(shots)), return_exceptions=True)
        await client.close()
        return list(results)

    return run_virtually(run())


@pytest.mark.stress
def test_no_call_leaves_while_the_gateway_wants_none(tmp_path: Path) -> None:
    for seed in range(ROUNDS if STRESS else 25):
        dice = random.Random(seed)
        struck = {dice.randrange(1, 150): str(dice.randrange(0, 90)) for _ in range(dice.randrange(1, 12))}

        def fault(number: int, _: httpx.Request, struck: Mapping[int, str] = struck) -> httpx.Response | None:
            return httpx.Response(429, headers={"retry-after": struck[number]}) if number in struck else None

        gateway = Gateway(fault)
        assert render(gateway, 40, tmp_path, dice) == ["completed"] * 40
        assert gateway.forbidden
        inside = [(time, span) for time, _ in gateway.calls for span in gateway.forbidden if span[0] < time < span[1]]
        assert inside == [], f"seed {seed}"


def test_after_a_pause_calls_leave_one_by_one(tmp_path: Path) -> None:
    gateway = Gateway(lambda number, _: httpx.Response(429, headers={"retry-after": "60"}) if number <= 40 else None)
    assert render(gateway, 40, tmp_path, random.Random(1)) == ["completed"] * 40
    after = sorted(time for time, path in gateway.calls[40:] if path.endswith("/start"))
    assert after[0] >= gateway.forbidden[-1][1]
    assert len(after) == 40
    gaps = [later - sooner for sooner, later in pairwise(after)]
    assert min(gaps) >= 0.12
    assert max(gaps) < 1


@pytest.mark.parametrize("shots", [1, 5, 40])
@pytest.mark.parametrize("begins", [0, 1, 60])
@pytest.mark.parametrize("kind", ["503", "500", "429", "connect", "silence"])
def test_a_gateway_that_is_down_for_an_hour(shots: int, begins: int, kind: str, tmp_path: Path) -> None:
    def fault(number: int, _: httpx.Request) -> httpx.Response | Exception | None:
        if number <= begins:
            return None
        broken = {"connect": httpx.ConnectError("x"), "silence": httpx.ReadTimeout("x")}
        return broken[kind] if kind in broken else httpx.Response(int(kind))

    gateway = Gateway(fault)
    results = render(gateway, shots, tmp_path, random.Random(shots + begins))
    done = [one for one in results if one == "completed"]
    failed = [one for one in results if isinstance(one, CallFailed)]
    assert len(done) + len(failed) == shots
    assert all(one.exit_code == 4 for one in failed)
    assert len(gateway.calls) - begins <= 3 * shots + 20
    assert gateway.calls[-1][0] - gateway.calls[0][0] < 3_600


def test_trouble_of_some_minutes_is_sat_out(tmp_path: Path) -> None:
    def fault(_: int, __: httpx.Request) -> httpx.Response | None:
        return httpx.Response(503) if 1_008 < virtual_time() < 1_248 else None

    gateway = Gateway(fault)
    assert render(gateway, 40, tmp_path, random.Random(5)) == ["completed"] * 40
    assert sum(gateway.ledger.values()) == 40
    during = [time for time, _ in gateway.calls if 1_010 < time < 1_247]
    assert len(during) < 90, "while it lasts, one call at a time finds out"


FAULTS: tuple[Callable[[], httpx.Response | Exception], ...] = (
    lambda: httpx.ConnectError("x"), lambda: httpx.ConnectTimeout("x"), lambda: httpx.PoolTimeout("x"),
    lambda: httpx.ReadError("x"), lambda: httpx.WriteError("x"), lambda: httpx.ReadTimeout("x"),
    lambda: httpx.RemoteProtocolError("x"), lambda: httpx.Response(408), lambda: httpx.Response(429),
    lambda: httpx.Response(429, headers={"retry-after": "7"}), lambda: httpx.Response(500),
    lambda: httpx.Response(503), lambda: httpx.Response(409), lambda: httpx.Response(200, content=b"<html>"),
)  # fmt: skip


@pytest.mark.stress
def test_random_faults_never_pay_twice_and_stay_within_the_quota(tmp_path: Path) -> None:
    for seed in range(1_000 if STRESS else 60):
        dice = random.Random(seed)
        gateway = Gateway(lambda *_: None)

        def fault(
            _: int, request: httpx.Request, dice: random.Random = dice, gateway: Gateway = gateway
        ) -> httpx.Response | Exception | None:
            if dice.random() > 0.25:
                return None
            struck = dice.choice(FAULTS)()
            lost = isinstance(struck, httpx.ReadError | httpx.ReadTimeout) or (
                isinstance(struck, httpx.Response) and struck.status_code in (200, 408, 409, 500, 503)
            )
            if lost and dice.random() < 0.5:
                gateway.serve(request)  # it was heard, and its answer is lost
            return struck

        gateway.fault = fault
        shots = dice.randrange(1, 7)
        results = render(gateway, shots, tmp_path, dice)
        failures = [one for one in results if one != "completed"]
        assert all(isinstance(one, CallFailed) for one in failures), f"seed {seed}: {failures}"
        assert set(gateway.ledger.values()) <= {1}
        for shot, one in enumerate(results):
            if isinstance(one, CallFailed) and one.outcome in ("not-sent", "refused"):
                assert f"key-{shot}" not in gateway.ledger, f"seed {seed}: {one}"


def test_what_was_perhaps_heard_stays_open_whatever_is_said_next(tmp_path: Path) -> None:
    said: list[httpx.Response | Exception] = [httpx.ReadTimeout("x"), httpx.Response(402)]
    gateway = Gateway(lambda *_: said.pop(0))
    (failure,) = render(gateway, 1, tmp_path, random.Random(0))
    assert isinstance(failure, CallFailed)
    assert (failure.outcome, failure.status) == ("unknown", 402)


@pytest.mark.parametrize("status", [500, 200])
def test_an_internal_error_is_asked_about_twice_more(status: int, tmp_path: Path) -> None:
    gateway = Gateway(lambda *_: httpx.Response(status, content=b"<html>"))
    (failure,) = render(gateway, 1, tmp_path, random.Random(0))
    assert isinstance(failure, CallFailed)
    assert failure.outcome == "unknown"
    assert len(gateway.calls) == 3


@pytest.mark.parametrize("floor", ["901", "9" * 30, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_who_is_told_to_wait_for_long_says_until_when(floor: str, tmp_path: Path) -> None:
    gateway = Gateway(lambda *_: httpx.Response(429, headers={"retry-after": floor}))
    results = render(gateway, 5, tmp_path, random.Random(0))
    assert len(gateway.calls) == 5, "those that were under way"
    for failure in results:
        assert isinstance(failure, CallFailed)
        assert "it wants no calls before" in failure.message
        assert (failure.outcome, failure.exit_code, failure.scope) == ("refused", 4, "all")

    async def later() -> None:
        patience = Patience(clock=virtual_time)
        refused = CallFailed("x", outcome="refused", status=429, later=True)
        refused.retry_after = 2 * LONGEST
        with pytest.raises(CallFailed, match="x; it wants no calls before"):
            await patience.again(refused, 1)
        assert patience.closed
        with pytest.raises(CallFailed, match="it wants no calls before") as caught:
            await patience.turn()
        assert caught.value.outcome == "not-sent"

    run_virtually(later())


def test_one_call_that_fails_holds_nobody_up() -> None:
    async def run() -> None:
        patience = Patience(clock=virtual_time, dice=random.Random(3))
        failure = CallFailed("x", status=503, later=True)
        waiting = [asyncio.create_task(patience.again(failure, 1)) for _ in range(2)]
        await asyncio.sleep(0)
        before = virtual_time()
        await patience.turn()
        assert virtual_time() == before
        waiting.append(asyncio.create_task(patience.again(failure, 1)))
        await asyncio.sleep(0)
        turn = asyncio.create_task(patience.turn())
        await asyncio.sleep(0.1)
        assert not turn.done(), "three in a row are trouble"
        patience.went_well(0)
        await turn
        assert virtual_time() - before < 0.6, "which is over when a call goes well"
        await asyncio.gather(*waiting)

    run_virtually(run())


def test_turns_are_given_in_order_and_a_caller_may_leave() -> None:
    async def run() -> None:
        patience = Patience(clock=virtual_time, dice=random.Random(3))
        refused = CallFailed("x", outcome="refused", status=429, later=True)
        refused.retry_after = 30
        waiting = asyncio.create_task(patience.again(refused, 1))
        await asyncio.sleep(0)
        left: list[int] = []

        async def one(number: int) -> None:
            await patience.turn()
            left.append(number)

        tasks = [asyncio.create_task(one(number)) for number in range(6)]
        await asyncio.sleep(1)
        tasks[0].cancel()
        tasks[3].cancel()
        await asyncio.gather(*tasks, waiting, return_exceptions=True)
        assert left == [1, 2, 4, 5]
        assert virtual_time() >= 1_030
        patience.went_well(0)
        before = virtual_time()
        for number in range(5):
            await one(number)
        assert virtual_time() - before < 1, "when nobody waits, nobody is held up"

    run_virtually(run())


def test_the_quota_is_shared_and_fills_up_again() -> None:
    async def run() -> None:
        patience = Patience(clock=virtual_time)
        patience.expect("a")
        patience.expect("a")
        patience.rename("b")
        patience.expect("b")
        assert patience.left == 22
        failure = CallFailed("busy", status=503, later=True)
        for _ in range(22):
            await patience.again(failure, 1)
        with pytest.raises(CallFailed, match="busy"):
            await patience.again(failure, 1)
        patience.went_well(0)
        assert patience.left == 0
        for _ in range(30):
            patience.went_well(1)
        assert patience.left == 22

    run_virtually(run())


def test_questions_begin_at_the_setting_and_spread_out() -> None:
    patience = Patience(dice=random.Random(2))
    firsts = [patience.next_wait(0, 5) for _ in range(200)]
    assert min(firsts) >= 5
    assert max(firsts) <= 6
    assert max(firsts) - min(firsts) > 0.9
    lates = [patience.next_wait(900, 5) for _ in range(200)]
    assert SLOWEST <= min(lates) < max(lates) <= SLOWEST * 1.2
    assert 2.4 <= patience.next_wait(60, 0.001) <= 2.9
    assert 45 <= patience.next_wait(0, 45) <= 54


NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "error", "seconds"),
    [
        ({}, {}, None), ({"retry-after": "7"}, {}, 7), ({"Retry-After": " 7.5 "}, {}, 7.5),
        ({"retry-after-ms": "250"}, {}, 0.25), ({"retry-after-ms": "250", "retry-after": "7"}, {}, 0.25),
        ({"retry-after-ms": "x", "retry-after": "7"}, {}, 7), ({"retry-after": "-3"}, {}, 0),
        ({"retry-after": "soon"}, {}, None), ({"retry-after": "nan"}, {}, None), ({"retry-after": "1e999"}, {}, None),
        ({"retry-after": format_datetime(NOW + timedelta(seconds=90)), "date": format_datetime(NOW)}, {}, 90),
        ({"retry-after": format_datetime(NOW - timedelta(days=1)), "date": format_datetime(NOW)}, {}, 0),
        ({"retry-after": "Tue, 99 Foo 2026"}, {}, None),
        ({}, {"retryAfter": 12}, 12), ({}, {"retry_after_ms": 1500}, 1.5), ({}, {"param": {"retry_after": "4"}}, 4),
        ({}, {"retry_after": True}, None), ({}, {"retry_after": [1]}, None), ({}, {"retry_after": 10**400}, None),
        ({"retry-after": "7"}, {"retryAfter": 12}, 7), ({"retry-after": "9" * 30}, {}, 365 * 86_400),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, {}, 365 * 86_400),
    ],
)  # fmt: skip
def test_what_an_answer_says_about_when_to_come_back(
    headers: dict[str, str], error: dict[str, object], seconds: float | None
) -> None:
    assert read_floor(headers, error) == seconds


def test_a_date_without_the_servers_clock_counts_from_ours() -> None:
    seconds = read_floor({"retry-after": format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True)}, {})
    assert seconds is not None
    assert 7_100 < seconds <= 7_200
