"""An S3 server on loopback, as small as can be, that believes no signature it has not worked out itself.

Signature version 4 is written down here from its public description (headers and query), not taken from the client's
library: an address that this server takes was signed for the right bucket, region, time and method.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, urlsplit

REGION = "eu-central-1"
KEY, SECRET = "AKIASTORYBOARD", "canary-secret-key"
READER, READER_SECRET = "AKIAREADER", "canary-reader-key"
"""A key that may put nothing."""


@dataclass
class S3:
    """What is in it, and what was asked of it."""

    address: str = ""
    buckets: dict[str, dict[str, tuple[bytes, str]]] = field(default_factory=lambda: {"films": {}})
    asked: list[tuple[str, str]] = field(default_factory=list)
    down: bool = False

    def count(self, method: str) -> int:
        """How often objects were asked for by a method."""
        return sum(one == method and path.count("/") > 1 for one, path in self.asked)


@contextmanager
def s3_server() -> Iterator[S3]:
    """A server with one bucket, `films`."""
    state = S3()

    class Handler(_Handler):
        s3 = state

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    s3: S3
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    do_PUT = do_HEAD = do_DELETE = do_GET  # noqa: N815 - the names that the server looks for

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("content-length") or 0))
        parts = urlsplit(self.path)
        self.s3.asked.append((self.command, parts.path))
        _, bucket, *rest = [*parts.path.split("/", 2)]
        if self.s3.down:
            return self._say(503, b"<Error><Code>SlowDown</Code><Message>busy</Message></Error>")
        refusal = self._refusal()
        if refusal:
            return self._refuse(*refusal)
        if bucket not in self.s3.buckets:
            return self._refuse(404, "NoSuchBucket")
        objects, name = self.s3.buckets[bucket], rest[0] if rest else ""
        if not name:
            return self._say(200, b"<ListBucketResult></ListBucketResult>")
        if self.command == "PUT":
            objects[name] = (self.body, self.headers["content-type"])
            return self._say(200)
        if self.command == "DELETE":
            objects.pop(name, None)
            return self._say(204)
        if name not in objects:
            return self._refuse(404, "NoSuchKey")
        data, media_type = objects[name]
        return self._say(200, data, media_type)

    def _refuse(self, status: int, code: str) -> None:
        self._say(status, f"<Error><Code>{code}</Code><Message>{code} {self.path}</Message></Error>".encode())

    def _say(self, status: int, data: bytes = b"", media_type: str = "application/xml") -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.send_header("content-type", media_type)
        self.send_header("x-amz-bucket-region", REGION)
        self.send_header("last-modified", "Thu, 01 Oct 2026 10:00:00 GMT")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _refusal(self) -> tuple[int, str] | None:
        """Why the request is not allowed; None when its signature is right."""
        query = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        given = self.headers.get("authorization")
        if given:
            fields = dict(part.strip().split("=", 1) for part in given.removeprefix("AWS4-HMAC-SHA256").split(","))
            credential, signed, claimed = (fields[name] for name in ("Credential", "SignedHeaders", "Signature"))
            stamp, payload = self.headers["x-amz-date"], self.headers["x-amz-content-sha256"]
        elif "X-Amz-Signature" in query:
            credential, signed = query["X-Amz-Credential"], query["X-Amz-SignedHeaders"]
            claimed, stamp, payload = query.pop("X-Amz-Signature"), query["X-Amz-Date"], "UNSIGNED-PAYLOAD"
            began = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
            if not began - 60 <= time.time() <= began + int(query["X-Amz-Expires"]):
                return 403, "AccessDenied"
        else:
            return 403, "AccessDenied"
        key, day, region, service, _ = credential.split("/")
        secret = {KEY: SECRET, READER: READER_SECRET}.get(key)
        if secret is None:
            return 403, "InvalidAccessKeyId"
        if region != REGION:
            return 400, "AuthorizationHeaderMalformed"
        if payload not in ("UNSIGNED-PAYLOAD", hashlib.sha256(self.body).hexdigest()):
            return 400, "XAmzContentSHA256Mismatch"
        canonical = "\n".join(
            [
                self.command,
                urlsplit(self.path).path,
                "&".join(f"{quote(name, safe='-_.~')}={quote(query[name], safe='-_.~')}" for name in sorted(query)),
                *(f"{name}:{' '.join(self.headers[name].split())}" for name in signed.split(";")),
                "",
                signed,
                payload,
            ]
        )
        scope = f"{day}/{region}/{service}/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signer = f"AWS4{secret}".encode()
        for part in (*scope.split("/"), text):
            signer = hmac.new(signer, part.encode(), hashlib.sha256).digest()
        if not hmac.compare_digest(signer.hex(), claimed):
            return 403, "SignatureDoesNotMatch"
        return (403, "AccessDenied") if key == READER and self.command == "PUT" else None
