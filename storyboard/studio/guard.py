"""Who may speak to a studio: a page that it served itself, on this machine, whose address has the studio's secret word.

The word stands in the path of every address, and in no cookie: a cookie is sent to every port of a machine, so that
whatever else is served there would read it. A browser's pictures, films and event streams carry no headers of ours, and
the path they do carry.
"""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "; ".join((
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "media-src 'self'",
    "font-src 'self'", "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
))  # fmt: skip
"""What a page of the studio may load and run: its own files, and nothing that stands in its text."""
HEADERS = {
    "content-security-policy": POLICY, "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin", "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY", "permissions-policy": "camera=(), microphone=(), geolocation=()",
}  # fmt: skip
"""What every answer says, refusals too."""
BACK = "back"
"""What stands in place of the word where a page of the run before asks for a proof; see `again`."""
OWN_SITES = ("same-origin", "none")
"""Who a browser says that a request comes from, when it is ours, or an address that somebody typed."""


def new_word() -> str:
    """A secret word for an address, new for every studio."""
    return secrets.token_urlsafe(24)


class Guard:
    """Lets through to an application what may speak to it; the application sees addresses without the word."""

    def __init__(
        self, app: ASGIApp, word: str, port: int, once: str = "", prove: Callable[[str], str] | None = None
    ) -> None:
        """`once`: a second word that leads to the first one, a single time. A browser is started with that, for what
        programs are started with can be read by everybody on a machine. `prove`: what is answered at `/back/…`, to a
        page of the run before, which asks with the letters behind that."""
        self.app = app
        self.word = word
        self.once = once
        self.prove = prove
        behind = "" if port == 80 else f":{port}"  # as browsers write it
        self.hosts = (f"127.0.0.1{behind}", f"localhost{behind}")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        status, why = self._refusal(scope["method"], Headers(scope=scope))
        word, _, rest = scope["path"].removeprefix("/").partition("/")
        if not status and self.once and hmac.compare_digest(word.encode(), self.once.encode()):
            self.once = ""
            await RedirectResponse(f"/{self.word}/", 303)(scope, receive, sealed)
            return
        if not status and word == BACK and self.prove and (proof := self.prove(rest)):
            await PlainTextResponse(proof)(scope, receive, sealed)
            return
        if not status and not hmac.compare_digest(word.encode(), self.word.encode()):
            status, why = 404, "there is nothing here: open the address that `storyboard studio` has printed"
        if status:
            await PlainTextResponse(why, status)(scope, receive, sealed)
        else:
            await self.app({**scope, "path": f"/{rest}"}, receive, sealed)

    def _refusal(self, method: str, headers: Headers) -> tuple[int, str]:
        """Why a request is not answered, whatever it asks for; 0 where it is."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if host not in self.hosts:
            return 421, "this address is no name of the studio"
        if origin not in (None, f"http://{host}") or headers.get("sec-fetch-site", "none") not in OWN_SITES:
            return 403, "this is no page of the studio"
        if method in ("GET", "HEAD"):
            return 0, ""
        if method != "POST":
            return 405, "the studio is read, or told"
        if origin is None:
            return 403, "only the studio's own page changes anything"
        if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return 415, "the studio is told in JSON"
        return 0, ""
