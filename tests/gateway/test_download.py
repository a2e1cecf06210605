"""Downloads against servers on this machine that cut, swap, pack, drip and lie."""

from __future__ import annotations

import asyncio
import gzip
import os
import random
import traceback
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from storyboard.errors import StoryboardError
from storyboard.gateway import download
from storyboard.gateway.addresses import PinnedTransport
from storyboard.gateway.client import Access, GatewayClient
from storyboard.gateway.download import ATTEMPTS, Fetcher, Limits
from storyboard.gateway.faults import CallFailed
from storyboard.gateway.patience import Patience
from storyboard.gateway.wire import Clip
from storyboard.secret import SafeUrl
from tests.gateway.raw import TRUST, Handler, Seen, Server, answer, saying, serving

STRESS = bool(os.environ.get("STORYBOARD_STRESS"))
CLIP = random.Random(1).randbytes(200_000)
TAG = '"v1-strong"'
LIMITS = Limits(1_000_000, 60, 20)
SHORT = {"dripping": Limits(1_000_000, 0.5, 20), "endless hints": Limits(1_000_000, 0.5, 20)}
SHORT |= {name: Limits(1_000_000, 60, 0.1) for name in ("silent", "stopping")}
"""For hosts that let one wait."""


def fetch(
    handler: Handler, folder: Path, limits: Limits = LIMITS, path: str = "/clip.mp4?signature=c4n4ry"
) -> tuple[bytes | StoryboardError, Server, list[int]]:
    """What comes of a download, what the server saw, and what was told while it went on."""
    told: list[int] = []

    async def run() -> tuple[bytes | StoryboardError, Server]:
        async with serving(handler) as server:
            transport = PinnedTransport(allow_loopback=True, verify=TRUST)
            fetcher = Fetcher(transport, Patience(unit=0.0001), True, limits)
            try:
                await fetcher.fetch(SafeUrl(server.origin + path), folder / "clip", told.append)
                return (folder / "clip").read_bytes(), server
            except StoryboardError as error:
                return error, server
            finally:
                await transport.aclose()
                (folder / "clip").unlink(missing_ok=True)

    got, server = asyncio.run(run())
    return got, server, told


def head(status: int = 200, **headers: str) -> bytes:
    """The beginning of an answer."""
    lines = [f"HTTP/1.1 {status} x", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def resuming(clip: bytes, cut: Callable[[int], int], tag: str = TAG) -> Handler:
    """A server that understands ranges, and closes the line after so many bytes of its n-th answer."""
    calls = 0

    async def handler(seen: Seen, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        begin = 0
        if "range" in seen.headers and seen.headers.get("if-range") == tag:
            begin = int(seen.headers["range"].removeprefix("bytes=").removesuffix("-"))
            told = f"bytes {begin}-{len(clip) - 1}/{len(clip)}"
            writer.write(head(206, content_length=str(len(clip) - begin), content_range=told, etag=tag))
        else:
            writer.write(head(content_length=str(len(clip)), etag=tag))
        part = clip[begin : begin + cut(calls)]
        writer.write(part)
        await writer.drain()
        if len(part) < len(clip) - begin:
            writer.close()

    return handler


def test_a_plain_download(tmp_path: Path) -> None:
    got, server, told = fetch(saying(answer(200, CLIP, etag=TAG)), tmp_path)
    assert got == CLIP
    assert told == sorted(told)
    assert told[-1] == len(CLIP)
    (seen,) = server.seen
    assert seen.target == "/clip.mp4?signature=c4n4ry"
    assert set(seen.headers) == {"host", "accept-encoding", "user-agent"}
    assert seen.headers["accept-encoding"] == "identity"


def test_the_file_is_private_and_new(tmp_path: Path) -> None:
    async def run() -> None:
        async with serving(saying(answer(200, CLIP))) as server:
            client = GatewayClient(Access(f"{server.origin}/v4/ai", "k_c4n4ry"), allow_loopback=True)
            clip = Clip(SafeUrl(f"{server.origin}/clip"))
            await client.fetch(clip, tmp_path / "clip", lambda _: None)
            assert (tmp_path / "clip").stat().st_mode & 0o777 == 0o600
            assert "c4n4ry" not in str(server.seen)
            with pytest.raises(StoryboardError, match="cannot be written"):
                await client.fetch(clip, tmp_path / "clip", lambda _: None)
            await client.close()

    asyncio.run(run())


def test_no_credential_and_no_cookie_goes_with_a_redirect(tmp_path: Path) -> None:
    async def handler(seen: Seen, writer: asyncio.StreamWriter) -> None:
        if seen.target == "/b":
            writer.write(answer(200, CLIP))
        else:
            writer.write(answer(302, b"", location="/b", set_cookie="a=b; path=/"))

    got, server, _ = fetch(handler, tmp_path)
    assert got == CLIP
    assert all(set(one.headers) == {"host", "accept-encoding", "user-agent"} for one in server.seen)


@pytest.mark.parametrize(("hops", "fine"), [(0, True), (1, True), (3, True), (4, False), (9, False)])
def test_redirects_are_few(hops: int, fine: bool, tmp_path: Path) -> None:
    async def handler(seen: Seen, writer: asyncio.StreamWriter) -> None:
        left = int(seen.target.rpartition("/")[2])
        writer.write(answer(307, b"", location=f"/hop/{left - 1}") if left else answer(200, CLIP))

    got, server, _ = fetch(handler, tmp_path, path=f"/hop/{hops}")
    assert (got == CLIP) == fine
    assert len(server.seen) == min(hops, 3) + 1


def test_https_never_leads_to_http(tmp_path: Path) -> None:
    class Leading(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            assert request.url.scheme == "https"
            return httpx.Response(302, headers={"location": "http://127.0.0.1/clip"})

    async def run() -> None:
        fetcher = Fetcher(Leading(), Patience(unit=0.0001), True)
        with pytest.raises(CallFailed, match="leads from https to http"):
            await fetcher.fetch(SafeUrl("https://127.0.0.1/x"), tmp_path / "clip", lambda _: None)

    asyncio.run(run())


# Cut, swapped, resumed.


async def cut_length(_: Seen, writer: asyncio.StreamWriter) -> None:
    """Shorter than its Content-Length."""
    writer.write(head(content_length=str(len(CLIP))) + CLIP[:150_000])
    writer.close()


async def cut_chunk(_: Seen, writer: asyncio.StreamWriter) -> None:
    """Cut inside a chunk."""
    writer.write(head(transfer_encoding="chunked") + f"{len(CLIP):x}\r\n".encode() + CLIP[:150_000])
    writer.close()


async def cut_between_chunks(_: Seen, writer: asyncio.StreamWriter) -> None:
    """Cut behind a chunk, without the last one."""
    writer.write(head(transfer_encoding="chunked") + f"{150_000:x}\r\n".encode() + CLIP[:150_000] + b"\r\n")
    writer.close()


async def cut_reset(_: Seen, writer: asyncio.StreamWriter) -> None:
    """The connection is torn down."""
    writer.write(head(content_length=str(len(CLIP))) + CLIP[:150_000])
    await writer.drain()
    writer.transport.abort()


async def cut_close(_: Seen, writer: asyncio.StreamWriter) -> None:
    """HTTP/1.1 that tells no length."""
    writer.write(head() + CLIP[:150_000])
    writer.close()


async def cut_old(_: Seen, writer: asyncio.StreamWriter) -> None:
    """HTTP/1.0."""
    writer.write(head().replace(b"1.1", b"1.0") + CLIP[:150_000])
    writer.close()


async def cut_end(_: Seen, writer: asyncio.StreamWriter) -> None:
    """A good last chunk that comes too early."""
    writer.write(head(transfer_encoding="chunked") + f"{150_000:x}\r\n".encode() + CLIP[:150_000] + b"\r\n0\r\n\r\n")


@pytest.mark.parametrize("handler", [cut_length, cut_chunk, cut_between_chunks, cut_reset])
def test_a_cut_that_can_be_seen_is_tried_again_and_never_kept(handler: Handler, tmp_path: Path) -> None:
    got, server, _ = fetch(handler, tmp_path)
    assert isinstance(got, CallFailed)
    assert (got.outcome, got.exit_code) == ("unknown", 4)
    assert len(server.seen) == ATTEMPTS
    assert all("range" not in one.headers for one in server.seen), "without a validator it starts over"


@pytest.mark.parametrize("handler", [cut_close, cut_old, cut_end])
def test_a_cut_that_nothing_tells_of_is_left_to_the_check_of_the_clip(handler: Handler, tmp_path: Path) -> None:
    got, _, __ = fetch(handler, tmp_path)
    assert got == CLIP[:150_000]


def test_a_download_goes_on_where_it_was_cut(tmp_path: Path) -> None:
    got, server, told = fetch(resuming(CLIP, lambda call: 60_000), tmp_path)
    assert got == CLIP
    assert [one.headers.get("range", "") for one in server.seen][:2] == ["", "bytes=60000-"]
    assert {one.headers.get("if-range") for one in server.seen[1:]} == {TAG}
    assert told == sorted(told)


@pytest.mark.stress
def test_any_cuts_give_the_clip_or_nothing(tmp_path: Path) -> None:
    for seed in range(500 if STRESS else 40):
        dice = random.Random(seed)
        cuts = [dice.randrange(0, len(CLIP) + 1) for _ in range(ATTEMPTS)]
        got, server, _ = fetch(resuming(CLIP, lambda call, cuts=cuts: cuts[call - 1]), tmp_path)  # type: ignore[misc]
        assert got == CLIP or isinstance(got, CallFailed), f"seed {seed}"
        assert len(server.seen) <= ATTEMPTS


@pytest.mark.parametrize("tag", ['W/"weak"', "bare", '""', '"a" b', "W/x", '"a\x80"'])
def test_only_a_strong_validator_lets_a_download_go_on(tag: str, tmp_path: Path) -> None:
    got, server, _ = fetch(resuming(CLIP, lambda call: 60_000 if call < 3 else 10**9, tag), tmp_path)
    assert got == CLIP
    assert all("range" not in one.headers for one in server.seen)


OTHER = random.Random(2).randbytes(200_000)


@pytest.mark.stress
def test_a_clip_that_changes_meanwhile_is_never_spliced(tmp_path: Path) -> None:
    """The server swaps the clip between two answers, and honours If-Range, ignores it, or lies about what it sends."""
    for seed in range(100 if STRESS else 30):
        dice = random.Random(seed)
        swap, manner, cut = dice.randrange(2, 5), dice.choice(["honest", "careless", "no tag", "416"]), dice.random()
        calls = 0

        async def handler(seen: Seen, writer: asyncio.StreamWriter) -> None:
            nonlocal calls
            calls += 1
            clip, tag = (OTHER, '"v2"') if calls >= swap else (CLIP, TAG)  # noqa: B023
            begin = int(seen.headers.get("range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
            if manner == "416" and begin and calls == swap:  # noqa: B023
                writer.write(answer(416, b"", content_range=f"bytes */{len(clip)}"))
                return
            if begin and (seen.headers.get("if-range") == tag or manner in ("careless", "no tag")):  # noqa: B023
                told = f"bytes {begin}-{len(clip) - 1}/{len(clip)}"
                more = {} if manner == "no tag" else {"etag": tag}  # noqa: B023
                writer.write(head(206, content_length=str(len(clip) - begin), content_range=told, **more))
            else:
                begin = 0
                writer.write(head(content_length=str(len(clip)), etag=tag))
            end = begin + int((len(clip) - begin) * cut) if calls < swap + 1 else len(clip)  # noqa: B023
            writer.write(clip[begin:end])
            await writer.drain()
            if end < len(clip):
                writer.close()

        got, _, __ = fetch(handler, tmp_path)
        assert got in (CLIP, OTHER) or isinstance(got, CallFailed), f"seed {seed}"


@pytest.mark.parametrize(
    "told",
    ["bytes 60000-199999/200001", "bytes 59999-199999/200000", "bytes 60000-199998/200000", "bytes 0-199999/200000",
     "bytes 60000-199999/*", "bytes */200000", "60000-199999/200000", "", "bytes 60000-199999/200000, x"],
)  # fmt: skip
def test_a_part_that_is_not_the_missing_one_starts_over(told: str, tmp_path: Path) -> None:
    left = [head(content_length="200000", etag=TAG) + CLIP[:60_000],
            head(206, content_length="140000", content_range=told, etag=TAG) + CLIP[60_000:],
            answer(200, OTHER)]  # fmt: skip

    async def handler(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(left.pop(0))
        writer.close()

    got, server, _ = fetch(handler, tmp_path)
    assert got == OTHER
    assert [one.headers.get("range") for one in server.seen] == [None, "bytes=60000-", None]


def test_a_part_that_nobody_asked_for_is_no_clip(tmp_path: Path) -> None:
    got, _, __ = fetch(saying(answer(206, CLIP[:10], content_range="bytes 0-9/10", etag=TAG)), tmp_path)
    assert isinstance(got, CallFailed)


# What a host may do to us.


def endless(first: bytes, piece: bytes, pause: float = 0) -> Handler:
    """Sends without an end."""

    async def handler(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    return handler


async def silent(_: Seen, writer: asyncio.StreamWriter) -> None:
    """Takes the call and says nothing."""
    await asyncio.sleep(30)


async def stopping(_: Seen, writer: asyncio.StreamWriter) -> None:
    """Begins and falls silent."""
    writer.write(head(content_length="200000") + CLIP[:10])
    await writer.drain()
    await asyncio.sleep(30)


PIECE = b"x" * 50_000
CHUNKED = b"c350\r\n" + PIECE + b"\r\n"
BEHAVIOURS: dict[str, tuple[Handler, str]] = {
    "endless": (endless(head(), PIECE), "larger than"),
    "endless chunks": (endless(head(transfer_encoding="chunked"), CHUNKED), "larger than"),
    "too long, and says so": (saying(head(content_length=str(10**12))), "larger than"),
    "a length that is none": (endless(head(content_length="-5"), PIECE), ""),
    "two lengths": (saying(b"HTTP/1.1 200 x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nx"), ""),
    "dripping": (endless(head(), b"x", 0.05), "did not arrive within"),
    "silent": (silent, "fell silent"),
    "stopping": (stopping, "fell silent"),
    "endless headers": (endless(b"HTTP/1.1 200 x\r\n", b"a: " + b"x" * 1_000 + b"\r\n"), ""),
    "an endless header": (endless(b"HTTP/1.1 200 x\r\na: ", PIECE), ""),
    "endless hints": (endless(b"", b"HTTP/1.1 103 x\r\nlink: x\r\n\r\n"), ""),
    "a gzip bomb": (saying(answer(200, gzip.compress(bytes(50_000_000)), content_encoding="gzip")), "packs it"),
    "deflate": (saying(answer(200, b"x", content_encoding="deflate")), "packs it"),
    "packed twice": (saying(answer(200, b"x", content_encoding="identity, gzip")), "packs it"),
    "no HTTP": (saying(b"\x00\x01\x02\x03" * 100), "the line broke before there was a whole answer"),
    "an upgrade": (saying(head(101, upgrade="x", connection="upgrade")), ""),
    "nothing": (saying(head(204)), "answers 204"),
    "many answers": (saying(head(300)), "answers 300"),
    "unchanged": (saying(head(304)), "answers 304"),
    "a bad request": (saying(answer(400, b"x")), "answers 400"),
    "a login": (saying(answer(401, b"x", www_authenticate="Basic")), "answers 401"),
    "a proxy's login": (saying(answer(407, b"x", proxy_authenticate="Basic")), "answers 407"),
    "down": (saying(answer(503, b"x")), "answers 503"),
    "down for long": (saying(answer(503, b"x", retry_after="86400")), "it wants no calls before"),
    "leading nowhere": (saying(answer(302, b"")), "leads on more than 3 times"),
    "leading to itself": (saying(answer(302, b"", location="/clip.mp4")), "leads on more than 3 times"),
    "leading to a file": (saying(answer(302, b"", location="file:///etc/passwd")), "is not https"),
    "leading inside": (saying(answer(302, b"", location="http://169.254.169.254/?c4n4ry")), "not public"),
    "leading to no address": (saying(answer(302, b"", location="http://[::1/?c4n4ry")), "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_whatever_a_host_does_has_an_end(name: str, tmp_path: Path) -> None:
    handler, says = BEHAVIOURS[name]
    got, server, _ = fetch(handler, tmp_path, SHORT.get(name, LIMITS))
    assert isinstance(got, CallFailed), name
    assert says in got.message
    assert "c4n4ry" not in "".join(traceback.format_exception(got))
    assert got.message.isprintable()
    assert got.outcome == "unknown"
    assert len(server.seen) <= ATTEMPTS
    assert [*tmp_path.iterdir()] == []


def test_what_comes_behind_the_clip_is_no_part_of_it(tmp_path: Path) -> None:
    got, _, __ = fetch(endless(head(content_length="99"), PIECE), tmp_path)
    assert got == b"x" * 99


def test_a_page_in_place_of_a_clip_is_for_the_check_of_the_clip(tmp_path: Path) -> None:
    got, _, __ = fetch(saying(answer(200, b"<html>sign in", content_type="text/html")), tmp_path)
    assert got == b"<html>sign in"


@pytest.mark.parametrize("status", [403, 404, 410])
def test_an_address_that_has_expired_is_said_so(status: int, tmp_path: Path) -> None:
    got, server, _ = fetch(saying(answer(status, b"c4n4ry")), tmp_path)
    assert isinstance(got, CallFailed)
    assert (got.message, got.outcome, got.status, got.later) == (download.EXPIRED, "refused", status, True)
    assert len(server.seen) == 1


def test_a_disk_that_is_full_is_not_the_hosts_fault(tmp_path: Path) -> None:
    async def run() -> None:
        async with serving(saying(answer(200, CLIP))) as server:
            transport = PinnedTransport(allow_loopback=True, verify=TRUST)
            fetcher = Fetcher(transport, Patience(unit=0.0001), True)
            full = open("/dev/full", "wb", buffering=0)  # noqa: SIM115, PTH123, ASYNC230
            part = download._Part(tmp_path / "clip", full, lambda _: None, 10**9)
            with pytest.raises(StoryboardError, match="no space is left"):
                await fetcher._insist(SafeUrl(f"{server.origin}/clip"), part)
            full.close()
            assert len(server.seen) == 1
            await transport.aclose()

    if Path("/dev/full").exists():
        asyncio.run(run())


def test_tries_again_come_out_of_the_shared_quota(tmp_path: Path) -> None:
    async def run() -> None:
        async with serving(cut_length) as server:
            patience = Patience(unit=0.0001)
            patience.left = 2
            fetcher = Fetcher(PinnedTransport(allow_loopback=True, verify=TRUST), patience, True, LIMITS)
            with pytest.raises(CallFailed, match="the clip at 127"):
                await fetcher.fetch(SafeUrl(f"{server.origin}/clip"), tmp_path / "clip", lambda _: None)
            assert len(server.seen) == 3
            await fetcher.transport.aclose()

    asyncio.run(run())


def test_a_gateway_in_this_process_serves_its_clips_too(tmp_path: Path) -> None:
    class Inside(httpx.AsyncBaseTransport):
        def __init__(self) -> None:
            self.seen: list[httpx.Request] = []

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            self.seen.append(request)
            return httpx.Response(200, stream=httpx.ByteStream(CLIP))

    async def run() -> None:
        inside = Inside()
        client = GatewayClient(Access("http://storyboard.localhost/v4/ai", "k_c4n4ry"), inside)
        await client.fetch(Clip(SafeUrl("http://storyboard.localhost/v1/clips/x")), tmp_path / "a", lambda _: None)
        assert (tmp_path / "a").read_bytes() == CLIP
        assert "c4n4ry" not in str(inside.seen[0].headers.raw)
        for other in ("http://other.localhost/x", "http://storyboard.localhost:81/x", "https://127.0.0.1/x"):
            with pytest.raises(CallFailed):
                await client.fetch(Clip(SafeUrl(other)), tmp_path / "b", lambda _: None)
            (tmp_path / "b").unlink(missing_ok=True)
        assert len(inside.seen) == 1
        await client.close()

    asyncio.run(run())


def test_a_downloads_descriptors_are_given_back(tmp_path: Path) -> None:
    folder = Path("/proc/self/fd")
    if not folder.exists():
        folder = Path("/dev/fd")
    fetch(saying(answer(200, CLIP)), tmp_path)
    before = len([*folder.iterdir()])
    for handler in (saying(answer(200, CLIP)), cut_length, saying(answer(404)), BEHAVIOURS["endless"][0]):
        for _ in range(5):
            fetch(handler, tmp_path)
    assert len([*folder.iterdir()]) == before
