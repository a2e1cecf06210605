"""Where a clip may be fetched from. No test here leaves this machine: an audit hook sees every connection."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from storyboard.gateway.addresses import PinnedTransport, is_public, parse_url
from storyboard.gateway.download import Fetcher, Limits
from storyboard.gateway.faults import CallFailed
from storyboard.gateway.patience import Patience
from storyboard.secret import SafeUrl
from tests.gateway.raw import TRUST, Seen, answer, saying, serving

PUBLIC = "93.184.215.14"
LOOPBACK = ("127.0.0.1", "::1")

_called: list[str] = []
_watching = False


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if _watching and event == "socket.connect":
        address = arguments[1]
        host = str(address[0]) if isinstance(address, tuple) else str(address)
        _called.append(host)
        if host not in LOOPBACK:
            raise OSError("this test goes nowhere")


sys.addaudithook(_hook)


@contextmanager
def connections() -> Iterator[list[str]]:
    """Every address that is connected to; what is not on this machine comes to nothing."""
    global _watching  # noqa: PLW0603 - a hook cannot be taken away again
    _called.clear()
    _watching = True
    try:
        yield _called
    finally:
        _watching = False


class Names:
    """A resolver that says what it is told to, and something else the next time."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        """The addresses of a host; of a host that is a number in some disguise, what a lenient resolver makes of it."""
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Redirecting(httpx.AsyncBaseTransport):
    """A public host that leads on to another address, in front of the real transport."""

    def __init__(self, inner: PinnedTransport, location: str) -> None:
        self.inner, self.location = inner, location

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One exchange."""
        if request.url.host == "cdn.example":
            return httpx.Response(302, headers=[(b"location", self.location.encode("utf-8", "replace"))])
        return await self.inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Let go."""
        await self.inner.aclose()


def fetch(
    url: str, folder: Path, names: Names, *, allow_loopback: bool = False, redirected: bool = False
) -> CallFailed | bytes:
    """What comes of fetching an address, at once or behind a redirect."""

    async def run() -> CallFailed | bytes:
        pinned = PinnedTransport(allow_loopback=allow_loopback, resolver=names, verify=TRUST)
        transport = Redirecting(pinned, url) if redirected else pinned
        fetcher = Fetcher(transport, Patience(unit=0.0001), allow_loopback, Limits(1_000, 60, 20))
        try:
            first = "https://cdn.example/clip.mp4" if redirected else url
            await fetcher.fetch(SafeUrl(first), folder / "clip", lambda _: None)
            return (folder / "clip").read_bytes()
        except CallFailed as failure:
            return failure
        finally:
            await transport.aclose()
            (folder / "clip").unlink(missing_ok=True)

    return asyncio.run(run())


_HOSTS = """
127.0.0.1 127.1 127.0.1 0.0.0.0 0 00 0x7f000001 0x7F.0.0.1 0177.0.0.1 2130706433 017700000001 127.0.0.1. localhost
localhost. a.localhost [::1] [::] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] 169.254.169.254
0xA9FEA9FE 2852039166 0251.0376.0251.0376 169.254.43518 169.16689662 [::ffff:169.254.169.254] [64:ff9b::a9fe:a9fe]
[64:ff9b::169.254.169.254] [64:ff9b:1::a9fe:a9fe] [2002:a9fe:a9fe::] [2002:7f00:1::1] [2001:0:a9fe:a9fe::1]
[fd00:ec2::254] [fe80::1] [fe80::1%25eth0] [fec0::1] [fc00::1] [ff02::1] [100::1] [2001:db8::1] [3fff::1] [5f00::1]
10.0.0.1 10.1 10.255.255.255 172.16.0.1 172.31.255.254 192.168.0.1 192.168.1 100.64.0.1 100.100.100.200 192.0.0.1
192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 192.88.99.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 metadata
metadata.google.internal instance-data.ec2.internal host.docker.internal kubernetes.default.svc router.local
127.0.0.1.nip.io 169.254.169.254.sslip.io localtest.me 127。0。0。1 ①②⑦.0.0.1 ⓛⓞⓒⓐⓛⓗⓞⓢⓣ 0x 0x. 1.2.3 256.256.256.256
1.2.3.4.5 [::ffff:0:127.0.0.1] [2001:20::1] [64:ff9b::10.0.0.1] [2001:10::1]
"""
HOSTS = _HOSTS.split()
FORMS = [
    "http://93.184.215.14/", "http://cdn2.example/", "ftp://cdn2.example/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_",
    "data:video/mp4;base64,AAAA", "javascript:1", "dict://127.0.0.1:11211/", "//169.254.169.254/", "/latest/meta-data",
    "", "https://", "https:///x", "https:/127.0.0.1/", "https:127.0.0.1", "https://user@93.184.215.14/",
    "https://user:pass@127.0.0.1/", "https://cdn2.example@169.254.169.254/", "https://169.254.169.254@cdn2.example/",
    "https://cdn2.example\\@127.0.0.1/", "https://127.0.0.1\\.cdn2.example/", "https://cdn2.example:22/",
    "https://93.184.215.14:8443/", "https://cdn2.example:0/", "https://cdn2.example:99999/", "https://cdn2.example:x/",
    "https://cdn2.example\t.evil/", "https://cdn2.exa mple/", "https://cdn2.example/\r\nx: y", "https://cdn2.example\x00/",
    "https://[::1/", "https://::1/", "https://[cdn2.example]/", "https://%31%32%37.0.0.1/", "https://cdn2.example%2f@127.0.0.1/",
    "https://127.0.0.1#@cdn2.example/", "https://127.0.0.1?@cdn2.example/", "https://" + "a" * 300 + ".example/",
    "https://é\u202e.example/ \u200b", "ws://cdn2.example/", "HTTPS://127.0.0.1/", "hTTp://localhost/",
]  # fmt: skip
EVERY = [f"https://{host}/latest/meta-data?signature=s3cr3t" for host in HOSTS] + FORMS


def inward(url: str) -> Names:
    """A resolver as bad as can be: whatever it is asked for, it leads inside."""
    return Names(["169.254.169.254"])


def test_there_are_enough_forms() -> None:
    assert len(set(EVERY)) >= 120


@pytest.mark.parametrize("redirected", [False, True])
@pytest.mark.parametrize("allow_loopback", [False, True])
def test_no_form_of_an_address_leads_inside(redirected: bool, allow_loopback: bool, tmp_path: Path) -> None:
    for url in EVERY:
        with connections() as called:
            got = fetch(url, tmp_path, inward(url), redirected=redirected, allow_loopback=allow_loopback)
        assert isinstance(got, CallFailed), url
        assert "s3cr3t" not in got.message
        inside = [one for one in called if not (allow_loopback and one in LOOPBACK)]
        assert inside == [], f"{url} called {inside}"
        assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("redirected", [False, True])
def test_a_name_is_resolved_once_and_that_address_is_called(redirected: bool, tmp_path: Path) -> None:
    names = Names([PUBLIC], ["127.0.0.1"])
    with connections() as called:
        got = fetch("https://rebinding.example/x?s3cr3t", tmp_path, names, redirected=redirected)
    assert isinstance(got, CallFailed)
    assert called == [PUBLIC], "the second answer, which leads inside, was judged afresh"
    assert names.asked == ["rebinding.example"] * 2
    assert got.message == "the clip's address leads to this machine"


@pytest.mark.parametrize(
    "addresses",
    [[PUBLIC, "10.0.0.1"], ["10.0.0.1", PUBLIC], [PUBLIC, "127.0.0.1"], ["127.0.0.1", "10.0.0.1"], ["::1", PUBLIC],
     [PUBLIC, "fe80::1%eth0"], [PUBLIC, "x"], ["64:ff9b::a9fe:a9fe"]],
)  # fmt: skip
@pytest.mark.parametrize("allow_loopback", [False, True])
def test_every_address_of_a_name_must_be_public(addresses: list[str], allow_loopback: bool, tmp_path: Path) -> None:
    with connections() as called:
        got = fetch("https://mixed.example/", tmp_path, Names(addresses), allow_loopback=allow_loopback)
    assert isinstance(got, CallFailed)
    assert not got.later
    assert called == []


def test_addresses_are_tried_in_turn_and_a_name_without_any_is_unreachable(tmp_path: Path) -> None:
    many = [f"93.184.215.{number}" for number in range(10, 20)]
    with connections() as called:
        got = fetch("https://many.example/", tmp_path, Names(many))
    assert isinstance(got, CallFailed)
    assert got.later
    assert called == many[:4] * 5
    got = fetch("https://none.example/", tmp_path, Names([]))
    assert isinstance(got, CallFailed)
    assert "cannot be reached" in got.message


@pytest.mark.parametrize("form", ["http://{}/", "https://{}:8443/", "http://{}:80/"])
def test_a_public_host_is_called_by_https_alone_even_in_a_rehearsal(form: str, tmp_path: Path) -> None:
    for host in (PUBLIC, "cdn2.example", "[2606:2800:220:1::1]"):
        with connections() as called:
            got = fetch(form.format(host), tmp_path, Names([PUBLIC]), allow_loopback=True)
        assert isinstance(got, CallFailed)
        assert got.message == "the clip's address is not https on port 443"
        assert called == []


def test_loopback_needs_the_setting(tmp_path: Path) -> None:
    async def run(allowed: bool) -> CallFailed | bytes:
        async with serving(saying(answer(200, b"clip"))) as server:
            for url in (f"{server.origin}/clip", f"http://rehearsal.example:{server.port}/clip"):
                got = await asyncio.to_thread(fetch, url, tmp_path, Names(["127.0.0.1"]), allow_loopback=allowed)
            return got

    assert asyncio.run(run(True)) == b"clip"
    refused = asyncio.run(run(False))
    assert isinstance(refused, CallFailed)
    refused_https = fetch("https://127.0.0.1/clip", tmp_path, Names([]))
    assert isinstance(refused_https, CallFailed)
    assert "STORYBOARD_ALLOW_LOOPBACK=1" in refused_https.hint


@pytest.mark.parametrize(
    ("address", "public"),
    [
        (PUBLIC, True), ("8.8.8.8", True), ("1.1.1.1", True), ("2606:2800:220:1::1", True), ("2a00:1450:4001::1", True),
        ("64:ff9b::808:808", True), ("64:ff9b::7f00:1", False), ("64:ff9b::a9fe:a9fe", False),
        ("::ffff:8.8.8.8", False),
        ("2002:808:808::", False), ("2001::1", False), ("192.88.99.1", False), ("224.0.0.1", False), ("fec0::1", False),
        ("4000::1", False), ("100.64.0.1", False), ("192.0.0.8", False), ("0.0.0.0", False), ("::", False),
    ],
)  # fmt: skip
def test_what_is_public(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) == public


def test_a_plain_address_is_kept_as_it_is() -> None:
    url = "https://cdn.example/a%2Fb/c+d~e?X-Sig=a%2Bb%3D&c=%7E~&d=é#part"
    parsed = parse_url(url, allow_loopback=False)
    assert (parsed.host, parsed.fragment) == ("cdn.example", "")
    assert parsed.raw_path == b"/a%2Fb/c+d~e?X-Sig=a%2Bb%3D&c=%7E~&d=%C3%A9"
    assert parse_url("https://bücher.example/", allow_loopback=False).raw_host == b"xn--bcher-kva.example"


def draw_certificate(folder: Path) -> Path:
    """A certificate for `clips.example`, and its key."""
    file = folder / "host.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=clips.example",
         "-addext", "subjectAltName=DNS:clips.example", "-keyout", str(file), "-out", str(folder / "own.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    file.write_bytes(file.read_bytes() + (folder / "own.pem").read_bytes())
    return file


def test_the_certificate_must_be_the_hosts_although_an_address_is_called(tmp_path: Path) -> None:
    """The certificate is for `clips.example`, and whoever calls another name at the same address is refused."""
    shown: list[str | None] = []
    certificate = draw_certificate(tmp_path)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate)
    server_side.sni_callback = lambda _, name, __: shown.append(name)
    trusting = ssl.create_default_context(cafile=str(certificate))
    seen: list[Seen] = []

    async def handler(request: Seen, writer: asyncio.StreamWriter) -> None:
        seen.append(request)
        writer.write(answer(200, b"clip"))

    async def call(host: str, verify: ssl.SSLContext | bool) -> CallFailed | None:
        async with serving(handler, server_side) as server:
            transport = PinnedTransport(allow_loopback=True, resolver=Names(["127.0.0.1"]), verify=verify)
            fetcher = Fetcher(transport, Patience(unit=0.0001), True)
            url = SafeUrl(f"https://{host}:{server.port}/clip")
            try:
                await fetcher.fetch(url, tmp_path / "clip", lambda _: None)
            except CallFailed as failure:
                return failure
            finally:
                await transport.aclose()
                (tmp_path / "clip").unlink(missing_ok=True)
            return None

    assert asyncio.run(call("clips.example", trusting)) is None
    assert shown == ["clips.example"]
    assert seen[0].headers["host"].startswith("clips.example:")
    for host, verify in (("other.example", trusting), ("clips.example", True)):
        failure = asyncio.run(call(host, verify))
        assert failure
        assert "certificate is not trusted" in failure.message
        assert not failure.later
    assert len(seen) == 1
