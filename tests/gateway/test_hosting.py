"""Stills are put where the gateway can fetch them: once, under names that nobody guesses, and signatures never show."""

from __future__ import annotations

import hashlib
import logging
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from storyboard.errors import Refused, Transient, Usage
from storyboard.gateway.hosting import LONGEST_SIGNED, StillHost, open_host
from storyboard.store import objects
from tests.s3_server import KEY, READER, READER_SECRET, REGION, S3, SECRET, s3_server

PICTURE = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40
DIGEST = hashlib.sha256(PICTURE).hexdigest()
CANARIES = ("X-Amz-Signature", "X-Amz-Credential", SECRET, READER_SECRET, "canary")


@pytest.fixture
def still(tmp_path: Path) -> Path:
    """A still that was made ready."""
    path = tmp_path / "still.jpg"
    path.write_bytes(PICTURE)
    path.chmod(0o600)
    return path


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    """An S3 server, and a key for it in the environment."""
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with s3_server() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.address)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        use_key(monkeypatch, KEY, SECRET)
        yield server


def use_key(monkeypatch: pytest.MonkeyPatch, key: str, secret: str) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the address at which a web server shows it."""
    folder = tmp_path / "www"
    folder.mkdir()
    handler = partial(Quiet, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class Quiet(SimpleHTTPRequestHandler):
    """A plain web server."""

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def host_at(tmp_path: Path, host: str, public: str = "", project: str = "film") -> StillHost:
    opened = open_host(host, public, tmp_path / "store", tmp_path / project, allow_loopback=True)
    assert opened
    return opened


# A folder behind a web server


def test_a_still_in_a_folder_is_fetched_at_its_address(still: Path, served: tuple[Path, str], tmp_path: Path) -> None:
    folder, public = served
    host = host_at(tmp_path, str(folder), f"{public}/")
    address = host.put(still, DIGEST, ".jpg")
    answer = httpx.get(address.reveal())
    assert answer.content == PICTURE
    assert answer.headers["content-type"] == "image/jpeg"
    assert host.where == public
    assert len(address.reveal()) == host.address_length(".jpg")
    assert stat.S_IMODE(next(folder.rglob("*.jpg")).stat().st_mode) & 0o044, "the web server can read it"


def test_a_file_address_is_a_folder(still: Path, served: tuple[Path, str], tmp_path: Path) -> None:
    folder, public = served
    address = host_at(tmp_path, f"file://{folder}", public).put(still, DIGEST, ".jpg")
    assert httpx.get(address.reveal()).content == PICTURE


def test_what_is_there_is_not_put_again_and_what_was_cut_short_is(
    still: Path, served: tuple[Path, str], tmp_path: Path
) -> None:
    folder, public = served
    host = host_at(tmp_path, str(folder), public)
    address = host.put(still, DIGEST, ".jpg")
    there = next(folder.rglob("*.jpg"))
    first = there.stat().st_ino
    assert host_at(tmp_path, str(folder), public).put(still, DIGEST, ".jpg") == address
    assert there.stat().st_ino == first
    there.write_bytes(PICTURE[:100])
    host.put(still, DIGEST, ".jpg")
    assert there.read_bytes() == PICTURE
    assert [one.name for one in folder.rglob("*") if one.is_file()] == [f"{DIGEST}.jpg"]


def test_each_project_has_a_segment_of_its_own_that_stays(
    still: Path, served: tuple[Path, str], tmp_path: Path
) -> None:
    folder, public = served
    one, again, two = (host_at(tmp_path, str(folder), public, name) for name in ("film", "film", "other"))
    other_user = open_host(str(folder), public, tmp_path / "store2", tmp_path / "film", allow_loopback=True)
    assert other_user
    assert one.segment == again.segment
    assert len({one.segment, two.segment, other_user.segment}) == 3
    assert len(one.segment) == 32
    assert one.segment not in repr(one)
    secret = tmp_path / "store" / "stills-secret"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert one.put(still, DIGEST, ".jpg") != two.put(still, DIGEST, ".jpg")


def test_a_still_is_removed_once_and_again(still: Path, served: tuple[Path, str], tmp_path: Path) -> None:
    folder, public = served
    host = host_at(tmp_path, str(folder), public)
    address = host.put(still, DIGEST, ".jpg")
    host.remove(DIGEST, ".jpg")
    host.remove(DIGEST, ".jpg")
    assert httpx.get(address.reveal()).status_code == 404


def test_a_prefix_that_leads_elsewhere_is_noticed_before_anything_is_ordered(
    still: Path, served: tuple[Path, str], tmp_path: Path
) -> None:
    folder, public = served
    with pytest.raises(Refused, match="its address answers 404") as caught:
        host_at(tmp_path, str(folder), f"{public}/nowhere").put(still, DIGEST, ".jpg")
    assert "public_url" in caught.value.hint
    host = host_at(tmp_path, str(tmp_path), public)
    (folder / host.segment / f"{DIGEST}.jpg").write_text("<html>sign in</html>")
    with pytest.raises(Refused, match="not what its address answers"):
        host.put(still, DIGEST, ".jpg")


def test_a_web_server_that_is_down(still: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        public = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(Transient, match="cannot be fetched: ConnectError") as caught:
            host_at(tmp_path, str(tmp_path), public).put(still, DIGEST, ".jpg")
    assert caught.value.__cause__ is None


def test_a_folder_that_is_not_there_or_closed(still: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="is not there"):
        host_at(tmp_path, str(tmp_path / "www"), "https://cdn.example.com").put(still, DIGEST, ".jpg")
    with pytest.raises(Usage, match="not there"):
        host_at(tmp_path, str(tmp_path), "https://cdn.example.com").put(tmp_path / "none.jpg", DIGEST, ".jpg")


# An object store


def test_a_signed_address_is_fetched_by_anybody_and_only_as_it_was_signed(still: Path, s3: S3, tmp_path: Path) -> None:
    host = host_at(tmp_path, "s3://films/stills")
    address = host.put(still, DIGEST, ".jpg")
    signed = address.reveal()
    answer = httpx.get(signed)
    assert answer.content == PICTURE
    assert answer.headers["content-type"] == "image/jpeg"
    for changed in (signed[:-1] + ("0" if signed[-1] != "0" else "1"), signed.replace(DIGEST, "0" * 64),
                    signed.replace("172800", "604800"), signed.split("?")[0]):  # fmt: skip
        assert httpx.get(changed).status_code == 403
    assert httpx.delete(signed).status_code == 403
    assert len(signed) <= host.address_length(".jpg") == LONGEST_SIGNED
    assert host.where == "s3://films"


def test_a_signed_address_outlives_a_day_and_knows_the_buckets_region(still: Path, s3: S3, tmp_path: Path) -> None:
    """No region is configured: the store is asked for it, for a signature names it."""
    query = parse_qs(urlsplit(host_at(tmp_path, "s3://films").put(still, DIGEST, ".jpg").reveal()).query)
    assert query["X-Amz-Expires"] == [str(48 * 3600)]
    assert f"/{REGION}/s3/" in query["X-Amz-Credential"][0]
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]


def test_an_object_is_put_once(still: Path, s3: S3, tmp_path: Path) -> None:
    host = host_at(tmp_path, "s3://films/stills")
    with ThreadPoolExecutor(8) as pool:
        addresses = list(pool.map(lambda _: host.put(still, DIGEST, ".jpg"), range(16)))
    host_at(tmp_path, "s3://films/stills").put(still, DIGEST, ".jpg")
    assert s3.count("PUT") == 1
    assert len({urlsplit(one.reveal()).path for one in addresses}) == 1
    (name,) = s3.buckets["films"]
    assert name == f"stills/{host.segment}/{DIGEST}.jpg"
    s3.buckets["films"][name] = (PICTURE[:9], "image/jpeg")
    host.put(still, DIGEST, ".jpg")
    assert s3.buckets["films"][name] == (PICTURE, "image/jpeg")


def test_a_motion_reference_keeps_its_kind(s3: S3, tmp_path: Path) -> None:
    clip = tmp_path / "dance.mp4"
    clip.write_bytes(b"\x00\x00\x00\x18ftypmp42" + bytes(3_000_000))
    address = host_at(tmp_path, "s3://films").put(clip, DIGEST, ".mp4")
    assert httpx.get(address.reveal()).headers["content-type"] == "video/mp4"


def test_an_object_is_removed_once_and_again(still: Path, s3: S3, tmp_path: Path) -> None:
    host = host_at(tmp_path, "s3://films")
    host.put(still, DIGEST, ".jpg")
    host.remove(DIGEST, ".jpg")
    host.remove(DIGEST, ".jpg")
    assert s3.buckets["films"] == {}


def test_a_bucket_with_a_public_prefix_signs_nothing(
    still: Path, s3: S3, served: tuple[Path, str], tmp_path: Path
) -> None:
    folder, public = served
    host = host_at(tmp_path, "s3://films/stills", f"{public}/shown")
    shown = folder / "shown" / host.segment
    shown.mkdir(parents=True)
    (shown / f"{DIGEST}.jpg").write_bytes(PICTURE)  # as a CDN before the bucket would
    address = host.put(still, DIGEST, ".jpg").reveal()
    assert address == f"{public}/shown/{host.segment}/{DIGEST}.jpg"
    assert host.where == public
    assert s3.count("PUT") == 1


# What goes wrong there


def test_each_failure_is_one_sentence(still: Path, s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    for bucket, key, secret, kind, says in (
        ("elsewhere", KEY, SECRET, Refused, "s3://elsewhere is not there"),
        ("films", KEY, "wrong", Refused, "s3://films denies access"),
        ("films", "AKIANOBODY", "wrong", Refused, "s3://films denies access"),
        ("films", READER, READER_SECRET, Refused, "s3://films denies access"),
    ):
        use_key(monkeypatch, key, secret)
        with pytest.raises(kind, match=f"^{says}$") as caught:
            host_at(tmp_path, f"s3://{bucket}").put(still, DIGEST, ".jpg")
        seen.append(caught.value)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(Refused, match="no valid credentials for s3://films") as caught:
        host_at(tmp_path, "s3://films").put(still, DIGEST, ".jpg")
    seen.append(caught.value)
    for error in seen:
        assert error.hint
        assert error.__cause__ is None
        assert error.__suppress_context__
        assert not any(canary in f"{error} {error.hint}" for canary in CANARIES)


def test_a_store_that_is_busy_or_gone_is_worth_another_try(
    still: Path, s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(objects.OPTIONS["s3"]["config_kwargs"], "retries", {"max_attempts": 0})
    s3.down = True
    with pytest.raises(Transient, match="s3://films is busy"):
        host_at(tmp_path, "s3://films").put(still, DIGEST, ".jpg")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(Transient, match="s3://films could not be reached"):
            host_at(tmp_path, "s3://films").put(still, DIGEST, ".jpg")


def test_an_address_that_the_store_itself_refuses(still: Path, s3: S3, tmp_path: Path) -> None:
    """As with a clock that is wrong, or an endpoint that is another for writing than for reading."""
    host = host_at(tmp_path, "s3://films")
    host.prefix = f"{s3.address}/films"
    with pytest.raises(Refused, match="its address answers 403"):
        host.put(still, DIGEST, ".jpg")
    host.prefix = ""
    assert host.put(still, DIGEST, ".jpg")


def test_no_signature_is_ever_written_down(
    still: Path, s3: S3, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        host = host_at(tmp_path, "s3://films")
        address = host.put(still, DIGEST, ".jpg")
        s3.buckets.clear()
        with pytest.raises(Refused) as caught:
            host.put(still, DIGEST, ".jpg")
        logging.getLogger("test").debug("logging works")
    assert "logging works" in caplog.text
    shown = [str(address), repr(address), repr(host), repr(caught.value), caplog.text, *capfd.readouterr()]
    signature = parse_qs(urlsplit(address.reveal()).query)["X-Amz-Signature"][0]
    written = [path.read_text("utf-8", "replace") for path in (tmp_path / "store").rglob("*") if path.is_file()]
    for text in (*shown, *written):
        assert signature not in text
        assert not any(canary in text for canary in CANARIES)


@pytest.mark.parametrize("kind", ["s3", "gs", "az"])
def test_a_driver_that_is_not_installed(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("s3fs", "gcsfs", "adlfs"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(objects.DRIVERS, kind, "no_such_driver")
    with pytest.raises(Usage, match=f"{kind}:// addresses need") as caught:
        host_at(tmp_path, f"{kind}://films")
    assert caught.value.hint == f"pip install 'storyboard-render[{kind}]'"


def test_nothing_heavy_is_imported_before_something_is_put(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from storyboard.gateway.hosting import open_host\n"
        f"host = open_host('s3://films', '', Path({str(tmp_path)!r}), Path('/')); assert host.address_length('.jpg')\n"
        "sys.exit(any(name in sys.modules for name in ('fsspec', 's3fs', 'botocore', 'httpx')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# What the settings may say


def test_without_a_host_there_is_none(tmp_path: Path) -> None:
    assert open_host("", "", tmp_path, tmp_path) is None
    with pytest.raises(Usage, match=r"`stills\.host` is not"):
        open_host("", "https://cdn.example.com", tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("host", "public", "says"),
    [
        ("/srv/www", "", "a folder has no address of its own"),
        ("file:///srv/www", "presign", "a folder has no address of its own"),
        ("www/stills", "https://cdn.example.com", "neither an address nor a whole path"),
        ("filecache::s3://films", "", "may not chain"),
        ("s3://films/a::b", "", "may not chain"),
        ("s3://", "", "no plain address"),
        ("s3://key:secret@films", "", "no plain address"),
        ("s3://films/../other", "", "no plain address"),
        ("s3://films?endpoint_url=http://evil.example", "", "no plain address"),
        ("ftp://films", "", "no plain address"),
        ("memory://films", "", "no plain address"),
        ("s3://films", "http://cdn.example.com", "must be https"),
        ("s3://films", "https://user:pass@cdn.example.com", "no plain address"),
        ("s3://films", "https://cdn.example.com/?token=x", "no plain address"),
        ("s3://films", "https://cdn.example.com/a b", "no plain address"),
        ("s3://films", "https://", "no plain address"),
        ("s3://films", "cdn.example.com", "no plain address"),
        ("s3://films", "https://127.0.0.1:9/stills", "on this machine"),
        ("s3://films", "http://localhost/stills", "on this machine"),
    ],
)
def test_addresses_that_cannot_be_meant(host: str, public: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(Usage, match=says) as caught:
        open_host(host, public, tmp_path / "store", tmp_path)
    assert not any(word in f"{caught.value} {caught.value.hint}" for word in ("secret", "pass@", "token=x"))
