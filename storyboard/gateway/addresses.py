"""Where a clip may be fetched from: https, the public internet, and the very address that was looked at.

A provider's answer must not make this machine call inside its own network. A host is resolved once, every address of
it is judged, and one of those addresses is connected to, under the host's name and certificate.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import Awaitable, Callable

import httpx

from storyboard.gateway.faults import CallFailed

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a host, as text."""

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

MOST_ADDRESSES = 4
"""How many of a host's addresses are tried before it counts as unreachable."""
_UNICAST = ipaddress.ip_network("2000::/3")
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""NAT64: the last four bytes are the IPv4 address that is really called."""
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(one)
    for one in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "192.0.0.0/24", "192.88.99.0/24")
)
"""Tunnels (Teredo, 6to4), documentation and protocol use, which `is_global` of some Python versions lets pass."""
_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)", re.IGNORECASE)
_DOTTED = re.compile(r"([0-9]{1,3}\.){3}[0-9]{1,3}")


def parse_url(text: str, *, allow_loopback: bool) -> httpx.URL:
    """An address that a clip may be at, as far as it can be told without resolving it; else `CallFailed`."""
    if not text.isprintable() or "\\" in text or " " in text:
        raise _forbidden("the clip's address has characters that an address cannot have")
    try:
        url = httpx.URL(text)
        host, port = url.host, url.port
    except (httpx.InvalidURL, ValueError):
        raise _forbidden("the clip's address cannot be read") from None
    if url.scheme != "https" and not (allow_loopback and url.scheme == "http"):
        raise _forbidden(f"the clip's address is not https (it is {url.scheme[:20] or 'nothing'})")
    if url.userinfo or "@" in url.netloc.decode("ascii", "replace"):
        raise _forbidden("the clip's address names a user")
    if not host or len(host) > 253 or "%" in host:
        raise _forbidden("the clip's address names no host")
    if _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]) and not _DOTTED.fullmatch(host):
        raise _forbidden("the clip's address writes its host as a number")
    if port not in (None, 443) and not allow_loopback:
        raise _forbidden(f"the clip's address names port {port}; clips come from port 443")
    return url.copy_with(fragment=None)


def is_public(address: IPAddress) -> bool:
    """Whether an address belongs to the public internet, whatever the version of Python thinks of it."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in _TRANSLATED:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address not in _UNICAST:
            return False
    return address.is_global and not address.is_multicast and not any(address in one for one in _NOT_PUBLIC)


async def resolve(host: str, port: int) -> list[str]:
    """What the system's resolver says; `httpx.ConnectError` when it knows no such host."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise httpx.ConnectError("no such host") from None
    return [str(one[4][0]) for one in found]


class PinnedTransport(httpx.AsyncBaseTransport):
    """Calls public addresses only, each the one that was judged. No connection is used twice, nor for another host."""

    def __init__(
        self, *, allow_loopback: bool = False, resolver: Resolve = resolve, verify: ssl.SSLContext | bool = True
    ) -> None:
        self.allow_loopback, self.resolver = allow_loopback, resolver
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._inner = httpx.AsyncHTTPTransport(verify=verify, trust_env=False, limits=limits)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One exchange with the host that a request names."""
        url = request.url
        addresses = await self._judged(url)
        for address in addresses[:-1]:
            try:
                return await self._call(request, address)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._call(request, addresses[-1])

    async def aclose(self) -> None:
        """Let go of every connection."""
        await self._inner.aclose()

    async def _call(self, request: httpx.Request, address: str) -> httpx.Response:
        extensions = {**request.extensions, "sni_hostname": request.url.host}
        url = request.url.copy_with(host=address)
        pinned = httpx.Request(
            request.method, url, headers=request.headers, stream=request.stream, extensions=extensions
        )
        return await self._inner.handle_async_request(pinned)

    async def _judged(self, url: httpx.URL) -> list[str]:
        """The addresses of a host, when every one of them may be called."""
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            found = [ipaddress.ip_address(url.host)]
        except ValueError:
            found = [_address(one) for one in await self.resolver(url.host, port)]
        if not found:
            raise httpx.ConnectError("no such host")
        if all(one.is_loopback for one in found):
            if not self.allow_loopback:
                hint = "for a rehearsal: STORYBOARD_ALLOW_LOOPBACK=1"
                raise _forbidden("the clip's address leads to this machine", hint)
        elif not all(is_public(one) for one in found):
            raise _forbidden("the clip's address leads into a network that is not public")
        elif url.scheme != "https" or port != 443:
            raise _forbidden("the clip's address is not https on port 443")
        return list(dict.fromkeys(str(one) for one in found))[:MOST_ADDRESSES]


def _address(text: str) -> IPAddress:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        raise _forbidden("the clip's address leads nowhere that can be judged") from None


def _forbidden(message: str, hint: str = "") -> CallFailed:
    """What is told of an address that nobody goes to: it is for good, and the clip is paid for all the same."""
    return CallFailed(message, outcome="unknown", later=False, hint=hint)
