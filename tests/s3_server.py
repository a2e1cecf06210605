"""An S3 server on loopback, as small as can be, that believes no signature it has not worked out itself.

Signature version 4 is written down here from its public description (headers and query), not taken from the client's
library: an address that this server takes was signed for the right bucket, region, time and method.
"""

from __future__ import annotations

import hashlib
import hmac
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import httpx
import pytest
from botocore.loaders import create_loader

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
    public: bool = False
    """Whether anybody may read, unsigned."""
    page: int = 1000
    """Names in one answer of a listing."""
    fault: Callable[[str, str], str] = lambda method, name: ""
    """What goes wrong when an object is asked for: `403`, `404`, `500`, `cut` or `wrong`; nothing else does."""
    unlisted: bool = False
    """Whether nobody may list."""
    parts: dict[str, dict[int, bytes]] = field(default_factory=dict)
    """Of uploads in parts, by id, those that have come."""

    def count(self, method: str) -> int:
        """How often objects were asked for by a method."""
        return sum(one == method and path.count("/") > 1 for one, path in self.asked)


loader = cache(create_loader)
"""The driver's tables of what S3 can do, read once and not by each client anew."""


@contextmanager
def s3_in(environment: pytest.MonkeyPatch) -> Iterator[S3]:
    """A server, and a key for it in the environment."""
    with s3_server() as server:
        _lead_to(environment, server.address)
        yield server


@contextmanager
def moto_in(environment: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of moto's S3 server, a process of its own with one bucket, `films`; and a key in the environment."""
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        try:
            said = next(line for line in process.stderr if "Running on" in line)
            address = said.split("Running on ")[1].strip()
            httpx.put(f"{address}/films").raise_for_status()
            _lead_to(environment, address)
            yield address
        finally:
            process.kill()


def _lead_to(environment: pytest.MonkeyPatch, address: str) -> None:
    environment.setattr("botocore.loaders.create_loader", loader)
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        environment.delenv(name, raising=False)
    environment.setenv("AWS_ENDPOINT_URL", address)
    environment.setenv("AWS_EC2_METADATA_DISABLED", "true")
    environment.setenv("AWS_ACCESS_KEY_ID", KEY)
    environment.setenv("AWS_SECRET_ACCESS_KEY", SECRET)


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

    do_PUT = do_POST = do_HEAD = do_DELETE = do_GET  # noqa: N815 - the names that the server looks for

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
        objects, name = self.s3.buckets[bucket], unquote(rest[0]) if rest else ""
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        if not name:
            return self._list(objects, query) if "list-type" in query else self._say(200, b"<ListBucketResult/>")
        return self._object(objects, name, query)

    def _object(self, objects: dict[str, tuple[bytes, str]], name: str, query: dict[str, str]) -> None:
        fault = self.s3.fault(self.command, name)
        if fault.isdigit():
            return self._refuse(int(fault), {"403": "AccessDenied", "404": "NoSuchKey"}.get(fault, "InternalError"))
        if "uploads" in query or "uploadId" in query:
            return self._in_parts(objects, name, query)
        if self.command == "PUT":
            objects[name] = (self.body, self.headers["content-type"])
            return self._say(200, etag=self.body)
        if self.command == "DELETE":
            objects.pop(name, None)
            return self._say(204)
        if name not in objects:
            return self._refuse(404, "NoSuchKey")
        return self._read(*objects[name], fault)

    def _read(self, data: bytes, media_type: str, fault: str) -> None:
        if fault == "wrong":
            data = data[:-1] + bytes([data[-1] ^ 1])
        status, asked = 200, self.headers.get("range", "")
        if asked:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            if int(first) >= len(data):
                return self._refuse(416, "InvalidRange")
            status, data = 206, data[int(first) : int(last) + 1 if last else None]
        return self._say(status, data, media_type, cut=fault == "cut")

    def _list(self, objects: dict[str, tuple[bytes, str]], query: dict[str, str]) -> None:
        if self.s3.unlisted:
            return self._refuse(403, "AccessDenied")
        names = sorted(name for name in objects if name.startswith(query.get("prefix", "")))
        names = [name for name in names if name > query.get("continuation-token", "")]
        shown, more = names[: self.s3.page], len(names) > self.s3.page
        rows = "".join(
            f"<Contents><Key>{name}</Key><Size>{len(objects[name][0])}</Size>"
            "<LastModified>2026-10-01T10:00:00.000Z</LastModified></Contents>"
            for name in shown
        )
        token = f"<NextContinuationToken>{shown[-1]}</NextContinuationToken>" if more else ""
        head = f"<IsTruncated>{str(more).lower()}</IsTruncated><KeyCount>{len(shown)}</KeyCount>{token}"
        return self._say(200, f"<ListBucketResult>{head}{rows}</ListBucketResult>".encode())

    def _in_parts(self, objects: dict[str, tuple[bytes, str]], name: str, query: dict[str, str]) -> None:
        if "uploads" in query:
            upload = f"upload-{len(self.s3.parts)}"
            self.s3.parts[upload] = {}
            text = f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"
            return self._say(200, text.encode())
        if self.command == "PUT":
            self.s3.parts[query["uploadId"]][int(query["partNumber"])] = self.body
            return self._say(200, etag=self.body)
        came = self.s3.parts.pop(query["uploadId"])
        if self.command == "DELETE":
            return self._say(204)
        objects[name] = (b"".join(came[number] for number in sorted(came)), "video/mp4")
        return self._say(200, b"<CompleteMultipartUploadResult/>")

    def _refuse(self, status: int, code: str) -> None:
        self._say(status, f"<Error><Code>{code}</Code><Message>{code} {self.path}</Message></Error>".encode())

    def _say(self, status: int, data: bytes = b"", media_type: str = "application/xml", *, etag: bytes = b"",
             cut: bool = False) -> None:  # fmt: skip
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.send_header("content-type", media_type)
        self.send_header("x-amz-bucket-region", REGION)
        self.send_header("last-modified", "Thu, 01 Oct 2026 10:00:00 GMT")
        self.send_header("etag", f'"{hashlib.md5(etag or data).hexdigest()}"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data[: len(data) // 2] if cut else data)
        if cut:
            self.close_connection = True

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
            return None if self.s3.public and self.command in ("GET", "HEAD") else (403, "AccessDenied")
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
        return (403, "AccessDenied") if key == READER and self.command in ("PUT", "POST") else None
