"""Places where takes are shared: a folder, an S3 server over HTTP, and whatever else fsspec has."""

from __future__ import annotations

import errno
import hashlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from storyboard.errors import Interrupted, Refused, StoryboardError, Transient, Usage
from storyboard.store import crew, objects
from storyboard.store.crew import at_once
from storyboard.store.objects import Denied, NoCredentials
from storyboard.store.remote import LARGEST, Damaged, Remote, check_shared, name_of, open_remote
from storyboard.store.takes import TakeStore
from tests.paid.disks import Disk
from tests.s3_server import READER, READER_SECRET, S3, SECRET, s3_in

CLIP = b"a clip of many frames " * 5000
DIGEST = hashlib.sha256(CLIP).hexdigest()
NAME = f"takes/{DIGEST[:2]}/{DIGEST}.mp4"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    """An S3 server, and a key for it in the environment."""
    with s3_in(monkeypatch) as server:
        yield server


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver that does not try again for long."""
    monkeypatch.setitem(objects.OPTIONS["s3"]["config_kwargs"], "retries", {"max_attempts": 0})
    monkeypatch.setattr("s3fs.S3FileSystem.retries", 1)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A take's file."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(CLIP)
    return path


@pytest.fixture
def takes(tmp_path: Path) -> TakeStore:
    """An empty store."""
    return TakeStore(tmp_path / "home")


@pytest.fixture(params=["folder", "s3", "memory"])
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Remote:
    """A place of each kind."""
    if request.param == "folder":
        (tmp_path / "nas").mkdir()
        return remote_at(str(tmp_path / "nas"))
    if request.param == "s3":
        request.getfixturevalue("s3")
        return remote_at("s3://films/shared")
    return remote_at(f"memory://takes-{time.monotonic_ns()}/shared")


def remote_at(address: str, root: Path = Path("/"), *, shared: bool = False) -> Remote:
    return open_remote(address, root, shared=shared, read_only=False)


def unheard(_: int) -> None:
    """Nobody counts."""


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# Every kind of place


def test_a_take_goes_there_and_comes_back(anywhere: Remote, clip: Path, takes: TakeStore) -> None:
    sent, got = list[int](), list[int]()
    assert anywhere.sizes([DIGEST]) == {}
    anywhere.send(DIGEST, clip, sent.append)
    assert anywhere.sizes([DIGEST, "0" * 64]) == {DIGEST: len(CLIP)}
    anywhere.fetch(DIGEST, len(CLIP), takes, got.append)
    assert takes.verified(DIGEST).read_bytes() == CLIP
    assert sum(sent) == sum(got) == len(CLIP)


def test_what_is_put_again_takes_the_place_of_what_was_there(anywhere: Remote, clip: Path, takes: TakeStore) -> None:
    half = clip.with_name("half.mp4")
    half.write_bytes(CLIP[:100])
    anywhere.send(DIGEST, half, unheard)
    assert anywhere.sizes([DIGEST]) == {DIGEST: 100}
    anywhere.send(DIGEST, clip, unheard)
    anywhere.fetch(DIGEST, len(CLIP), takes, unheard)
    assert takes.verified(DIGEST).read_bytes() == CLIP


@pytest.mark.parametrize("bytes_", [CLIP[:-1] + b"!", CLIP[:-1], b"<html>sign in</html>"], ids=["bit", "short", "page"])
def test_wrong_bytes_never_enter_the_store(anywhere: Remote, clip: Path, takes: TakeStore, bytes_: bytes) -> None:
    clip.write_bytes(bytes_)
    anywhere.send(DIGEST, clip, unheard)
    with pytest.raises(Damaged, match=f"take {DIGEST[:12]} is damaged at ") as caught:
        anywhere.fetch(DIGEST, len(bytes_), takes, unheard)
    assert "push --force" in caught.value.hint
    assert files_in(takes.folder) == {}


def test_what_is_shorter_than_it_was_listed_breaks_off(anywhere: Remote, clip: Path, takes: TakeStore) -> None:
    clip.write_bytes(CLIP[:1000])
    anywhere.send(DIGEST, clip, unheard)
    with pytest.raises(Transient):
        anywhere.fetch(DIGEST, len(CLIP), takes, unheard)
    assert files_in(takes.folder) == {}


def test_pieces_make_up_the_whole(
    anywhere: Remote, clip: Path, takes: TakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "PIECE", 10_007)
    monkeypatch.setattr("storyboard.store.folder.PIECE", 10_007)
    got = list[int]()
    anywhere.send(DIGEST, clip, unheard)
    anywhere.fetch(DIGEST, len(CLIP), takes, got.append)
    assert takes.verified(DIGEST).read_bytes() == CLIP
    assert len(got) == -(-len(CLIP) // 10_007)


def test_a_transfer_is_stopped_from_outside(anywhere: Remote, clip: Path, takes: TakeStore) -> None:
    def stop(_: int) -> None:
        raise Interrupted("stopped")

    anywhere.send(DIGEST, clip, unheard)
    with pytest.raises(Interrupted):
        anywhere.fetch(DIGEST, len(CLIP), takes, stop)
    assert files_in(takes.folder) == {}


def test_a_take_that_is_too_large_is_not_fetched(anywhere: Remote, takes: TakeStore) -> None:
    with pytest.raises(Damaged, match="no take is that large"):
        anywhere.fetch(DIGEST, LARGEST + 1, takes, unheard)


def test_a_store_that_fills_up_while_a_take_comes(anywhere: Remote, clip: Path, takes: TakeStore) -> None:
    anywhere.send(DIGEST, clip, unheard)

    def full(what: str, path: Path) -> None:
        if what == "write":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    with Disk(takes.folder, before=full).watching(), pytest.raises(Transient, match="no space is left") as caught:
        anywhere.fetch(DIGEST, len(CLIP), takes, unheard)
    assert str(takes.folder) in caught.value.message
    assert files_in(takes.folder) == {}
    anywhere.fetch(DIGEST, len(CLIP), takes, unheard)
    assert takes.verified(DIGEST)


# A folder


def test_a_folder_has_whole_files_or_none(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "nas").mkdir()
    remote = remote_at(str(tmp_path / "nas"))
    seen = list[dict[str, bytes]]()

    def look(_: int) -> None:
        seen.append(files_in(tmp_path / "nas" / "takes"))
        raise Interrupted("stopped")

    with pytest.raises(Interrupted):
        remote.send(DIGEST, clip, look)
    assert seen == [{}]
    assert files_in(tmp_path / "nas") == {}
    remote.send(DIGEST, clip, unheard)
    assert files_in(tmp_path / "nas") == {NAME: CLIP}
    assert (tmp_path / "nas" / NAME).stat().st_mode & 0o044, "others may read it"


@pytest.mark.parametrize("nth", range(1, 7))
@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, Transient), (errno.EACCES, Denied), (errno.EIO, Transient)]
)
def test_a_folder_whose_disk_fails(
    number: int, kind: type[StoryboardError], nth: int, clip: Path, tmp_path: Path
) -> None:
    (tmp_path / "nas").mkdir()
    remote, calls = remote_at(str(tmp_path / "nas")), list[str]()

    def fail(what: str, path: Path) -> None:
        if what != "unlink":
            calls.append(what)
            if len(calls) == nth:
                raise OSError(number, os.strerror(number), str(path))

    with Disk(tmp_path / "nas", before=fail).watching(), pytest.raises(kind) as caught:
        remote.send(DIGEST, clip, unheard)
    assert str(tmp_path / "nas") in caught.value.message
    assert caught.value.hint
    assert set(files_in(tmp_path / "nas").values()) <= {CLIP}
    remote.send(DIGEST, clip, unheard)
    assert files_in(tmp_path / "nas") == {NAME: CLIP}


def test_a_folder_that_is_not_mounted(clip: Path, takes: TakeStore, tmp_path: Path) -> None:
    remote = remote_at(str(tmp_path / "nas"))
    for act in (lambda: remote.sizes([DIGEST]), lambda: remote.send(DIGEST, clip, unheard)):
        with pytest.raises(Refused, match=r"nas` is not there") as caught:
            act()
        assert "mount" in caught.value.hint
    assert not (tmp_path / "nas").exists()


def test_pipes_and_folders_are_no_takes(takes: TakeStore, tmp_path: Path) -> None:
    path = tmp_path / "nas" / NAME
    path.parent.mkdir(parents=True)
    os.mkfifo(path)
    with pytest.raises(Refused, match="is not a file"):
        remote_at(str(tmp_path / "nas")).fetch(DIGEST, 10, takes, unheard)
    path.unlink()
    path.mkdir()
    with pytest.raises(Refused):
        remote_at(str(tmp_path / "nas")).fetch(DIGEST, 10, takes, unheard)
    assert files_in(takes.folder) == {}


def test_what_a_killed_push_left_in_a_folder_is_swept(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "nas").mkdir()
    code = (
        "import os\nfrom pathlib import Path\nfrom storyboard.store.remote import open_remote\n"
        f"remote = open_remote({str(tmp_path / 'nas')!r}, Path('/'), shared=False, read_only=False)\n"
        f"remote.send({DIGEST!r}, Path({str(clip)!r}), lambda _: os.kill(os.getpid(), 9))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    assert len(files_in(tmp_path / "nas")) == 1
    remote = remote_at(str(tmp_path / "nas"))
    assert remote.sizes([DIGEST]) == {}
    assert files_in(tmp_path / "nas") == {}


def test_a_projects_folder_is_made_when_something_is_put_there(clip: Path, takes: TakeStore, tmp_path: Path) -> None:
    remote = remote_at("shared/takes", tmp_path, shared=True)
    assert remote.where == "shared/takes"
    assert remote.sizes([DIGEST]) == {}
    remote.send(DIGEST, clip, unheard)
    assert (tmp_path / "shared" / "takes" / NAME).read_bytes() == CLIP


@pytest.mark.parametrize("link", ["shared", "shared/takes", f"shared/{NAME.rpartition('/')[0]}"])
def test_no_link_leads_a_projects_folder_out_of_it(link: str, clip: Path, takes: TakeStore, tmp_path: Path) -> None:
    root, outside = tmp_path / "film", tmp_path / "outside"
    (root / link).parent.mkdir(parents=True)
    outside.mkdir()
    (root / link).symlink_to(outside)
    remote = remote_at("shared", root, shared=True)
    with pytest.raises(Usage, match="leads out of the project"):
        remote.send(DIGEST, clip, unheard)
    assert files_in(outside) == {}
    with pytest.raises(Usage, match="leads out of the project"):
        remote.fetch(DIGEST, len(CLIP), takes, unheard)


def test_no_linked_file_is_read_out_of_a_project(clip: Path, takes: TakeStore, tmp_path: Path) -> None:
    root = tmp_path / "film"
    (root / "shared" / NAME).parent.mkdir(parents=True)
    (root / "shared" / NAME).symlink_to(clip)
    with pytest.raises(Usage, match="leads out of the project"):
        remote_at("shared", root, shared=True).fetch(DIGEST, len(CLIP), takes, unheard)
    assert not takes.holds(DIGEST)


# S3


def test_a_listing_of_many_pages(s3: S3, clip: Path) -> None:
    s3.page = 7
    digests = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(50)]
    s3.buckets["films"] = {f"shared/{name_of(one)}": (b"x" * number, "") for number, one in enumerate(digests)}
    remote = remote_at("s3://films/shared")
    assert remote.sizes([*digests[::2], DIGEST]) == {
        one: number for number, one in enumerate(digests) if not number % 2
    }
    assert s3.asked.count(("GET", "/films")) == 8, "one listing, whose pages have 7 names each"


def test_a_large_take_goes_in_parts_and_is_whole_or_not_there(
    s3: S3, tmp_path: Path, takes: TakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("s3fs.core.calculate_chunksize", lambda size, **_: 1024 * 1024)
    data = os.urandom(1024) * 5 * 1024
    digest, file = hashlib.sha256(data).hexdigest(), tmp_path / "large.mp4"
    file.write_bytes(data)
    remote = remote_at("s3://films")
    s3.fault = lambda method, name: "500" if len(s3.parts) and method == "POST" and s3.count("PUT") > 2 else ""
    monkeypatch.setattr("s3fs.S3FileSystem.retries", 1)
    with pytest.raises(Transient, match="is busy"):
        remote.send(digest, file, unheard)
    assert s3.buckets["films"] == {}
    s3.fault = lambda method, name: ""
    sent = list[int]()
    remote.send(digest, file, sent.append)
    assert sum(sent) == len(data)
    assert s3.buckets["films"][name_of(digest)][0] == data
    remote.fetch(digest, len(data), takes, unheard)
    assert takes.verified(digest)


@pytest.mark.parametrize(
    ("fault", "kind", "says"),
    [
        ("403", Denied, "s3://films denies access"),
        ("404", Refused, "s3://films is not there"),
        ("500", Transient, "s3://films is busy"),
        ("cut", Transient, "s3://films could not be reached"),
        ("wrong", Damaged, "is damaged at s3://films: its bytes are not those of its digest"),
    ],
)
@pytest.mark.usefixtures("quick")
def test_each_fault_of_a_download_is_one_sentence(
    s3: S3, clip: Path, takes: TakeStore, fault: str, kind: type[StoryboardError], says: str
) -> None:
    remote = remote_at("s3://films")
    remote.send(DIGEST, clip, unheard)
    s3.fault = lambda method, name: fault if method == "GET" else ""
    with pytest.raises(kind, match=f"{says}$") as caught:
        remote.fetch(DIGEST, len(CLIP), takes, unheard)
    assert caught.value.hint
    assert caught.value.__cause__ is None
    assert SECRET not in f"{caught.value} {caught.value.hint}"
    assert files_in(takes.folder) == {}
    s3.fault = lambda method, name: ""
    remote.fetch(DIGEST, len(CLIP), takes, unheard)
    assert takes.verified(DIGEST)


def test_a_download_that_breaks_off_now_and_then_goes_on_by_itself(s3: S3, clip: Path, takes: TakeStore) -> None:
    remote, faults = remote_at("s3://films"), ["cut", "500", "cut"]
    remote.send(DIGEST, clip, unheard)
    s3.fault = lambda method, name: faults.pop() if faults and method == "GET" else ""
    remote.fetch(DIGEST, len(CLIP), takes, unheard)
    assert takes.verified(DIGEST)
    assert not faults


@pytest.mark.parametrize(("fault", "kind"), [("403", Denied), ("500", Transient)])
@pytest.mark.usefixtures("quick")
def test_each_fault_of_an_upload_leaves_nothing(s3: S3, clip: Path, fault: str, kind: type[StoryboardError]) -> None:
    s3.fault = lambda method, name: fault if method == "PUT" else ""
    with pytest.raises(kind):
        remote_at("s3://films").send(DIGEST, clip, unheard)
    assert s3.buckets["films"] == {}


def test_who_may_not_what(s3: S3, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", READER)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", READER_SECRET)
    with pytest.raises(Denied, match="s3://films denies access") as caught:
        remote_at("s3://films").send(DIGEST, clip, unheard)
    assert caught.value.hint == "its key needs to list, get and put objects there"
    with pytest.raises(Refused, match="s3://elsewhere is not there"):
        remote_at("s3://elsewhere").sizes([DIGEST])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(Denied, match="s3://films denies access"):
        remote_at("s3://films").sizes([DIGEST])


def test_a_key_that_may_not_list_asks_for_each(s3: S3, clip: Path) -> None:
    remote = remote_at("s3://films")
    remote.send(DIGEST, clip, unheard)
    s3.unlisted = True
    assert remote.sizes([DIGEST, "0" * 64]) == {DIGEST: len(CLIP)}
    with pytest.raises(Denied):
        remote.sizes(["0" * 64])


def test_a_public_bucket_needs_no_key_to_be_read(
    s3: S3, clip: Path, takes: TakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote_at("s3://films").send(DIGEST, clip, unheard)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    remote = remote_at("s3://films")
    with pytest.raises(NoCredentials, match="no valid credentials for s3://films") as caught:
        remote.sizes([DIGEST])
    assert "docs/sharing.md" in caught.value.hint
    s3.public = True
    assert remote.sizes([DIGEST]) == {DIGEST: len(CLIP)}
    remote.fetch(DIGEST, len(CLIP), takes, unheard)
    assert takes.verified(DIGEST)
    s3.unlisted = True
    for one in (remote, remote_at("s3://films")):
        assert one.sizes([DIGEST, "0" * 64]) == {DIGEST: len(CLIP)}
        with pytest.raises(NoCredentials, match="no valid credentials"):
            one.sizes(["0" * 64])
        with pytest.raises(NoCredentials, match="no valid credentials"):
            one.send(DIGEST, clip, unheard)


@pytest.mark.usefixtures("quick")
def test_a_server_that_is_gone(clip: Path, takes: TakeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    with s3_in(monkeypatch), socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        remote = remote_at("s3://films")
        for act in (
            lambda: remote.sizes([DIGEST]), lambda: remote.send(DIGEST, clip, unheard),
            lambda: remote.fetch(DIGEST, 10, takes, unheard),
        ):  # fmt: skip
            with pytest.raises(Transient, match="s3://films could not be reached"):
                act()


# Which address may be meant


@pytest.mark.parametrize(
    "address", ["s3://films", "s3://films/first-light/takes", "gs://films/x", "az://films", "takes", "shared/takes/"]
)
def test_what_a_project_may_name(address: str) -> None:
    check_shared(address)


@pytest.mark.parametrize(
    "address",
    [
        "filecache::s3://films", "s3://films/a::b", "s3://films?endpoint_url=http://evil.example",
        "s3://key:secret@films", "s3://films/../other", "http://evil.example/takes", "https://evil.example",
        "ftp://evil.example", "sftp://host/x", "memory://films", "file:///etc", "github://org:repo@main/", "ssh://host/x",
        "s3a://films", "abfs://films@evil.example", "/etc", "~/takes", "~root/takes", "../takes", "takes/../../x", ".",
        "..", "", "./takes", "takes//x", ".git/hooks", "a/.git", ".storyboard", "a\\b", "a\x00b", "a\nb", "c:x",
    ],
)  # fmt: skip
def test_what_a_project_may_not_name(address: str, tmp_path: Path) -> None:
    with pytest.raises(Usage, match=r"storyboard\.toml: `store\.remote`") as caught:
        open_remote(address, tmp_path, shared=True, read_only=False)
    assert "secret" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("takes", "neither an address nor a whole path"), ("../takes", "neither an address nor a whole path"),
        ("s3://key:secret@films", "no plain address"), ("s3://films?endpoint_url=http://x", "no plain address"),
        ("~nobody-of-this-name/takes", "folder of somebody unknown"),
    ],
)  # fmt: skip
def test_what_a_user_cannot_mean(address: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(Usage, match=says) as caught:
        remote_at(address, tmp_path)
    assert "secret" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("address", "where"),
    [
        ("sftp://user:secret@nas.example/takes", "sftp://nas.example"), ("s3a://films/x", "s3://films"),
        ("gcs://films", "gs://films"), ("simplecache::https://u:secret@cdn.example/x?sig=secret", "simplecache://cdn.example"),
        ("https://[::1/x", "https://"), ("/srv/takes", "/srv/takes"), ("file:///srv/my%20takes", "file:///srv/my%20takes"),
    ],
)  # fmt: skip
def test_no_password_shows(address: str, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "DRIVERS", {"s3": "s3fs", "gs": "s3fs", "az": "s3fs"})
    remote = remote_at(address)
    assert remote.where == where
    assert "secret" not in repr(remote) + repr(remote.place)


def test_kinds_that_nobody_knows(clip: Path, takes: TakeStore) -> None:
    for address in ("nowhere://films/x", "hdfs://films/x"):
        with pytest.raises((Usage, Refused)) as caught:
            remote_at(address).sizes([DIGEST])
        assert address.partition(":")[0] in caught.value.message
    with pytest.raises(StoryboardError):
        remote_at("https://127.0.0.1:9/takes").send(DIGEST, clip, unheard)


def test_a_file_address_is_a_folder(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "my takes").mkdir()
    remote_at(f"file://{tmp_path}/my%20takes").send(DIGEST, clip, unheard)
    assert files_in(tmp_path / "my takes") == {NAME: CLIP}


def test_nothing_heavy_is_imported_before_something_is_asked() -> None:
    code = (
        "import sys; from pathlib import Path; from storyboard.store.remote import open_remote\n"
        "open_remote('s3://films', Path('/'), shared=True, read_only=False)\n"
        "sys.exit(any(name in sys.modules for name in ('fsspec', 's3fs', 'botocore', 'httpx')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# A few things at a time


def test_all_is_done_a_few_at_a_time() -> None:
    busy, most, mutex = 0, 0, threading.Lock()

    def work(number: int) -> int:
        nonlocal busy, most
        with mutex:
            busy += 1
            most = max(most, busy)
        time.sleep(0.005)
        with mutex:
            busy -= 1
        if number % 10 == 3:
            raise Transient(str(number))
        return number * 2

    made = dict(at_once(work, range(30), 4))
    assert {one: value for one, value in made.items() if one % 10 != 3} == {
        number: number * 2 for number in range(30) if number % 10 != 3
    }
    assert [str(made[number]) for number in (3, 13, 23)] == ["3", "13", "23"]
    assert 1 < most <= 4
    assert list(at_once(work, [], 4)) == []


def test_a_mistake_of_ours_is_raised_where_one_listens() -> None:
    def work(number: int) -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(at_once(work, [1, 2, 3], 2))


def test_who_stops_listening_is_free_though_somebody_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "PATIENCE", 0.05)
    hang, closing, begun = threading.Event(), threading.Event(), list[int]()

    def work(number: int) -> int:
        begun.append(number)
        if number:
            hang.wait(60)
        return number

    listening = at_once(work, range(100), 2, closing)
    assert next(listening) == (0, 0)
    before = time.monotonic()
    listening.close()  # type: ignore[attr-defined]
    assert time.monotonic() - before < 30
    assert closing.is_set()
    hang.set()
    assert len(begun) <= 4
