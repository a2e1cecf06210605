"""Answers that carry a clip inside: taken in piece by piece, cut anywhere, in little memory."""

from __future__ import annotations

import base64
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterable
from itertools import chain, repeat
from pathlib import Path

import pytest

from storyboard.errors import StoryboardError
from storyboard.gateway.events import EventStream
from storyboard.gateway.inline import LONG, AnswerReader
from storyboard.gateway.wire import BadAnswer, parse_answer

STRESS = bool(os.environ.get("STORYBOARD_STRESS"))


def carrying(clip: bytes, **more: object) -> bytes:
    """An answer with a clip inside."""
    video = {"type": "base64", "data": base64.b64encode(clip).decode(), "mediaType": "video/mp4"}
    return json.dumps({"type": "result", "videos": [video], **more}).encode()


def read(folder: Path, answer: bytes, size: int) -> bytes:
    """The clip of an answer that comes in pieces of a size."""
    with AnswerReader(folder) as reader:
        for at in range(0, len(answer), size):
            reader.feed(answer[at : at + size])
        clip = parse_answer(reader.value(), reader.clip).clip
    assert clip.file
    assert clip.file.stat().st_mode & 0o777 == 0o600
    assert [*folder.iterdir()] == [clip.file]
    data = clip.file.read_bytes()
    clip.file.unlink()
    return data


@pytest.mark.parametrize("length", [0, 1, 2, 3, 100, LONG * 3 // 4, LONG * 3 // 4 + 1, LONG * 3 // 4 + 2, 300_000])
@pytest.mark.parametrize("size", [1, 7, 4_096, 65_536, 10**9])
def test_a_clip_comes_out_as_it_went_in(length: int, size: int, tmp_path: Path) -> None:
    if size == 1 and length > 1_000:
        length = LONG * 3 // 4 + 50 + length % 3
    clip = random.Random(length).randbytes(length)
    assert read(tmp_path, carrying(clip), size) == clip


def test_slashes_may_be_escaped_and_padding_left_away(tmp_path: Path) -> None:
    clip = b"\xff\xff\xfe" * 17_000 + b"\x01"
    answer = carrying(clip).replace(b"/", b"\\/")
    assert answer.count(b"\\/") > 1_000
    for size in (11, 65_536):
        assert read(tmp_path, answer, size) == clip
    assert read(tmp_path, carrying(clip).replace(b"==", b""), 65_536) == clip


@pytest.mark.parametrize("size", [1, 3, 50_000])
def test_texts_that_are_no_clip_stay_as_they_are(size: int, tmp_path: Path) -> None:
    texts = ["", "\\", '"', 'a"b\\"c', "é🦊", "\n", "\\u" * 10, "/" * 5, "a" * 5 + "\\" * 9]
    texts += ["x" * LONG + "?", "?" + "A" * LONG, "A" * LONG] if size > 3 else []
    value: dict[str, object] = {"type": "result", "texts": texts, "n": [1, -2.5, None, True, {"deep": [[]]}]}
    for dumped in (json.dumps(value), json.dumps(value, ensure_ascii=False), json.dumps(value, indent=3)):
        with AnswerReader(tmp_path) as reader:
            for at in range(0, len(dumped.encode()), size):
                reader.feed(dumped.encode()[at : at + size])
            assert reader.value() == value
    assert [*tmp_path.iterdir()] == []


@pytest.mark.stress
def test_any_json_cut_anywhere(tmp_path: Path) -> None:
    dice = random.Random(11)
    signs = ['"', "\\", "/", "a", "=", "é", "\u2028", "\x00", "Z" * 15_000, "?"]
    for _ in range(1_000 if STRESS else 60):
        texts = ["".join(dice.choices(signs, k=dice.randrange(5))) for _ in range(4)]
        clip = dice.randbytes(dice.choice([0, 5, 49_000, 120_000]))
        answer = carrying(clip, texts=texts)
        with AnswerReader(tmp_path) as reader:
            at = 0
            while at < len(answer):
                size = dice.choice([1, 2, 50, 40_000])
                reader.feed(answer[at : at + size])
                at += size
            value = reader.value()
            file = parse_answer(value, reader.clip).clip.file
        assert value["texts"] == texts
        assert file
        assert file.read_bytes() == clip
        file.unlink()


@pytest.mark.parametrize(
    "answer",
    [
        carrying(b"x" * 100_000)[:-20], carrying(b"x" * 100_000)[:90_000], b'{"a": "' + b"A" * 100_000,
        carrying(b"x" * 100_000).replace(b"eHh4", b"eH?4"), carrying(b"x" * 100_000).replace(b"eHh4", b"eH=4"),
        carrying(b"x" * 100_000).replace(b"eHh4", b"eH\\u0068"), b'{"a": "' + b"A" * 100_001 + b'"}',
        carrying(b"clip").replace(b"Y2xpcA==", b"Y2x?cA=="), carrying(b"clip").replace(b"Y2xpcA==", b"Y"),
        carrying(b"clip").replace(b"Y2xpcA==", "Y2xpcA🦊".encode()), carrying(b"clip").replace(b"Y2xpcA==", b"=Y2x"),
        b'{"a": NaN, "b": "' + b"A" * 100_000 + b'"}', b"\xff" * 200, b"<html>", b"",
    ],
)  # fmt: skip
def test_what_cannot_be_read_leaves_nothing_behind(answer: bytes, tmp_path: Path) -> None:
    for size in (5_000, 10**9):
        with pytest.raises(BadAnswer):
            read(tmp_path, answer, size)
        assert [*tmp_path.iterdir()] == []


def test_clips_that_nobody_asks_for_go(tmp_path: Path) -> None:
    two = [{"type": "base64", "data": base64.b64encode(bytes([n]) * 90_000).decode()} for n in (1, 2)]
    with AnswerReader(tmp_path) as reader:
        reader.feed(json.dumps({"videos": two, "extra": "B" * 200_000}).encode())
        file = parse_answer(reader.value(), reader.clip).clip.file
    assert [*tmp_path.iterdir()] == [file]
    assert file
    assert file.read_bytes() == b"\1" * 90_000


def take(folder: Path, pieces: Iterable[bytes], limit: int = 10**9) -> None:
    """Take in what comes."""
    with AnswerReader(folder, limit) as reader:
        for piece in pieces:
            reader.feed(piece)


@pytest.mark.parametrize("begin", [b'{"a": "?', b"[", b'{"a": "x"', b'{"a": "' + b"A" * 90_000 + b"?"])
@pytest.mark.parametrize("more", [b"?" * 10_000, b"[" * 10_000, b" " * 10_000, b'"a",' * 2_500])
def test_json_has_a_limit_of_its_own(begin: bytes, more: bytes, tmp_path: Path) -> None:
    with pytest.raises(BadAnswer, match=r"larger than 1 MiB|not base64"):
        take(tmp_path, chain([begin], repeat(more)))
    assert [*tmp_path.iterdir()] == []


def test_an_answer_has_a_limit(tmp_path: Path) -> None:
    with pytest.raises(BadAnswer, match="larger than 500,000 bytes"):
        take(tmp_path, chain([b'{"a": "'], repeat(b"A" * 10_000)), 500_000)
    assert [*tmp_path.iterdir()] == []


def test_a_disk_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    with pytest.raises(StoryboardError, match="cannot be written"):
        take(blocked / "sub", [carrying(b"x" * 100_000)])


MEMORY = """
import base64, resource, sys, tempfile
from pathlib import Path
from storyboard.gateway.events import EventStream
from storyboard.gateway.inline import AnswerReader
from storyboard.gateway.wire import parse_answer
megabytes = int(sys.argv[1])
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize() if sys.platform == "linux" else 2**31
resource.setrlimit(resource.RLIMIT_AS, (used + 24 * 2**20,) * 2)
piece = base64.b64encode(bytes(range(256)) * 3 * 64)
with AnswerReader(Path(sys.argv[2])) as reader:
    stream = EventStream(reader)
    stream.feed(b': beat\\n\\ndata: {"type": "result", "videos": [{"type": "base64", "data": "')
    for _ in range(megabytes * 2**20 // len(piece)):
        assert stream.feed(piece) is None
    assert stream.feed(b'"}]}\\n\\n') == b""
    file = parse_answer(reader.value(), reader.clip).clip.file
print(file.stat().st_size)
"""


def test_a_large_clip_needs_little_memory(tmp_path: Path) -> None:
    megabytes = 300 if STRESS else 60
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(megabytes), str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-500:]
    assert int(done.stdout) > megabytes * 2**20 * 0.74


RESULT = b'{"type": "result",\n"videos": []}'


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("size", [1, 2, 3, 10**6])
@pytest.mark.parametrize(
    "before", [b"", b"\xef\xbb\xbf", b":\n\n:\n\n", b"data: [DONE]\n\n", b"data:\n\n", b"event: x\nid: 1\nretry: 5\n\n",
               b"\n\n\n", b"data\n\n", b": " + b"beat " * 1_000 + b"\n\n", b"datax: {}\n\n"],
)  # fmt: skip
def test_events(end: bytes, size: int, before: bytes, tmp_path: Path) -> None:
    text = before + b"event: message\ndata: " + RESULT.replace(b"\n", b"\ndata:") + b"\nid: 7\n\nleft"
    text = text.replace(b"\n", end)
    with AnswerReader(tmp_path) as reader:
        stream = EventStream(reader)
        for at in range(0, len(text), size):
            if (rest := stream.feed(text[at : at + size])) is not None:
                break
        else:
            raise AssertionError("no event")
        assert reader.value() == {"type": "result", "videos": []}
        assert b"left".startswith(rest.strip())


@pytest.mark.parametrize("text", [b"", b":\n\n", b"data: [DONE]\n\n", b"data: \n\n", b"event: x\n\n", b"\n", b": x"])
def test_a_stream_that_says_nothing(text: bytes, tmp_path: Path) -> None:
    with AnswerReader(tmp_path) as reader:
        stream = EventStream(reader)
        assert stream.feed(text) is None
        assert not stream.pending


def test_an_event_without_its_last_line_is_pending(tmp_path: Path) -> None:
    with AnswerReader(tmp_path) as reader:
        stream = EventStream(reader)
        assert stream.feed(b'data: {"a": 1}') is None
        assert stream.pending
        assert reader.value() == {"a": 1}
