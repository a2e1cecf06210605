from __future__ import annotations

import base64
import hashlib
import io
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from PIL import Image

from storyboard.assembler import media
from storyboard.testing import FakeGateway, Ledger, colour_of, colour_seen
from tests.testing.calling import HEADERS, address, ask, hold, job_of, order, start

PRICE = Decimal("0.504")
"""Three seconds of the model, silent; with sound it is LOUD."""
LOUD = Decimal("0.756")


def origin(base: str) -> str:
    return base.removesuffix("/v4/ai")


def test_it_says_where_it_is(base: str) -> None:
    assert base.startswith("http://127.0.0.1:")
    assert base.endswith("/v4/ai")


def test_a_job_is_charged_polled_and_fetched(gateway: FakeGateway, base: str, tmp_path: Path) -> None:
    gateway.polls = 3
    job = job_of(start(base, order(generateAudio=True)))
    (charge,) = gateway.ledger.charges
    assert (charge.job, charge.prompt, charge.amount, charge.audio) == (job, "A fox drinks.", LOUD, True)
    assert [ask(base, job).json()["status"] for _ in range(3)] == ["pending", "pending", "completed"]
    clip = httpx.get(address(base, job)).content
    assert gateway.ledger.deliveries == {job: hashlib.sha256(clip).hexdigest()}
    (tmp_path / "clip.mp4").write_bytes(clip)
    facts = media.probe(tmp_path / "clip.mp4")
    assert (facts.frames, facts.width, facts.height, facts.audio) == (72, 160, 90, True)
    seen = colour_seen(tmp_path / "clip.mp4")
    assert max(abs(a - b) for a, b in zip(seen, colour_of(job), strict=True)) < 10
    generation = ask(base, job).json()["providerMetadata"]["gateway"]["generationId"]
    told = httpx.get(f"{origin(base)}/v1/generation?id={generation}", headers=HEADERS).json()["data"]
    assert told["total_cost"] == float(LOUD)


def test_a_held_call_hears_heartbeats_and_then_one_event(gateway: FakeGateway, base: str) -> None:
    gateway.seconds = 0.2
    text, (event,) = hold(base, order())
    assert text.startswith(":\n\n:\n\n")
    assert event["type"] == "result"
    assert event["providerMetadata"]["gateway"]["cost"] == "0.5040"
    assert httpx.get(event["videos"][0]["url"]).content[4:8] == b"ftyp"
    assert gateway.ledger.total == PRICE


def test_a_clip_may_travel_inside(gateway: FakeGateway, base: str) -> None:
    gateway.inline = True
    video = ask(base, job_of(start(base, order()))).json()["videos"][0]
    assert base64.b64decode(video["data"])[4:8] == b"ftyp"
    assert hold(base, order())[1][0]["videos"][0]["type"] == "base64"


def test_a_key_with_the_same_bytes_is_the_same_job(gateway: FakeGateway, base: str) -> None:
    job = job_of(start(base, order(), "k1"))
    assert job_of(start(base, order(), "k1")) == job
    assert start(base, order("Other."), "k1").status_code == 422
    assert job_of(start(base, order(), "k1", **{"x-vercel-ai-gateway-team": "crew"})) != job
    assert len(gateway.ledger.charges) == 2
    assert gateway.ledger.double() == ()


def test_keys_may_be_ignored(gateway: FakeGateway, base: str) -> None:
    gateway.honours_keys = False
    assert job_of(start(base, order(), "k1")) != job_of(start(base, order(), "k1"))
    assert len(gateway.ledger.double()) == 1


def test_another_gateway_on_the_folder_knows_jobs_and_keys(gateway: FakeGateway, tmp_path: Path) -> None:
    with gateway.serve() as base:
        job = job_of(start(base, order(), "k1"))
    with FakeGateway(tmp_path / "gateway", height=90).serve() as base:
        assert job_of(start(base, order(), "k1")) == job
        clip = httpx.get(address(base, job)).content
    assert Ledger(tmp_path / "gateway").deliveries == {job: hashlib.sha256(clip).hexdigest()}
    assert gateway.ledger.total == PRICE


def test_two_jobs_never_give_the_same_bytes(base: str) -> None:
    clips = {httpx.get(address(base, job_of(start(base, order())))).content for _ in range(3)}
    assert len(clips) == 3


def test_a_virtual_clock(gateway: FakeGateway, base: str) -> None:
    now = 1_000.0
    gateway.clock, gateway.seconds = lambda: now, 600.0
    job = job_of(start(base, order()))
    assert ask(base, job).json()["status"] == "pending"
    now = 1_599.9
    assert ask(base, job).json()["status"] == "pending"
    now = 1_600.0
    assert ask(base, job).json()["status"] == "completed"
    assert gateway.ledger.charges[0].time == 1_000.0


def test_prices_may_change(gateway: FakeGateway, base: str) -> None:
    def second() -> Decimal:
        rows = httpx.get(f"{origin(base)}/v1/models").json()["data"]
        row = next(row for row in rows if row["id"] == "klingai/kling-v3.0-i2v")
        return Decimal(row["pricing"]["video_duration_pricing"][0]["cost_per_second"])

    before = second()
    gateway.prices = Decimal("1.25")
    assert second() == before * Decimal("1.25")
    start(base, order())
    assert gateway.ledger.total == PRICE * Decimal("1.25")


def test_an_empty_balance_is_a_402_and_no_charge(gateway: FakeGateway, base: str) -> None:
    gateway.balance = Decimal("1.00")
    assert start(base, order()).status_code == 202
    assert start(base, order()).status_code == 402
    told = httpx.get(f"{origin(base)}/v1/credits", headers=HEADERS).json()
    assert told == {"balance": "0.4960", "total_used": "0.5040"}
    assert gateway.ledger.total == PRICE


def test_who_has_no_key_or_another_is_refused(gateway: FakeGateway, base: str) -> None:
    gateway.credential = "k_right"
    assert start(base, order()).status_code == 401
    assert start(base, order(), authorization="Bearer k_right").status_code == 202
    assert httpx.get(f"{origin(base)}/v1/credits").status_code == 401
    assert len(gateway.ledger.jobs) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (order(duration=0), 400),
        (order(duration="5"), 400),
        (order(prompt="x" * 300 * 1024), 413),
        (order(image={"type": "file", "data": "AAAA", "mediaType": "image/png"}), 400),
        (order(providerOptions=[]), 400),
    ],
)
def test_what_is_not_an_order_costs_nothing(gateway: FakeGateway, base: str, body: bytes, status: int) -> None:
    assert start(base, body).status_code == status
    assert gateway.ledger.jobs == {}


@pytest.mark.parametrize(("header", "status"), [("ai-model-id", 404), ("ai-gateway-protocol-version", 400)])
def test_headers_are_looked_at(gateway: FakeGateway, base: str, header: str, status: int) -> None:
    assert start(base, order(), **{header: "other/thing"}).status_code == status
    assert gateway.ledger.jobs == {}


@pytest.mark.parametrize(("fields", "size"), [({"aspectRatio": "9:16"}, (90, 160)), ({"aspectRatio": "1:1"}, (90, 90))])
def test_the_clip_has_the_ordered_shape(
    gateway: FakeGateway, base: str, fields: dict[str, str], size: tuple[int, int]
) -> None:
    start(base, order(**fields))
    assert gateway.ledger.charges[0].size == size


def test_the_clip_has_the_shape_of_its_still_and_the_ordered_height(gateway: FakeGateway, base: str) -> None:
    gateway.height = 0
    still = io.BytesIO()
    Image.new("RGB", (400, 300)).save(still, "PNG")
    image = {"type": "file", "data": base64.b64encode(still.getvalue()).decode(), "mediaType": "image/png"}
    start(base, order(image=image, providerOptions={"klingai": {"mode": "pro"}}))
    assert gateway.ledger.charges[0].size == (1440, 1080)


def test_a_still_may_be_on_its_own_host(gateway: FakeGateway, base: str) -> None:
    environment = gateway.environment(base)
    folder = Path(environment["STORYBOARD_STILLS_HOST"])
    Image.new("RGB", (300, 400)).save(folder / "tall.png")
    address = f"{environment['STORYBOARD_STILLS_URL']}/tall.png"
    assert httpx.get(address).content == (folder / "tall.png").read_bytes()
    start(base, order(image={"type": "url", "url": address, "mediaType": "image/png"}))
    start(base, order(image={"type": "url", "url": f"{address}/../../ledger.jsonl", "mediaType": "image/png"}))
    start(base, order(image={"type": "url", "url": "https://example.com/tall.png", "mediaType": "image/png"}))
    assert [charge.size for charge in gateway.ledger.charges] == [(90, 120), (160, 90), (160, 90)]


def test_a_clip_wants_its_signature_and_gives_its_rest(base: str) -> None:
    url = address(base, job_of(start(base, order())))
    clip = httpx.get(url)
    assert httpx.get(url.partition("?")[0]).status_code == 403
    assert httpx.get(url.replace("job_", "job_0")).status_code == 404
    tag = clip.headers["etag"]
    rest = httpx.get(url, headers={"range": "bytes=1000-", "if-range": tag})
    assert (rest.status_code, rest.content) == (206, clip.content[1000:])
    assert httpx.get(url, headers={"range": "bytes=1000-", "if-range": '"other"'}).content == clip.content
    assert httpx.get(url, headers={"range": "bytes=99999999-"}).status_code == 416


def test_calls_are_counted(gateway: FakeGateway, base: str) -> None:
    ask(base, job_of(start(base, order())))
    assert gateway.calls == {"start": 1, "status": 1}
    assert ask(base, "job_none").status_code == 404
