"""Signed copies: valid by c2pa's own reader, true to what the film is made of, and the very same pictures."""

from __future__ import annotations

import hashlib
import random
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import c2pa
import pytest
from playwright.sync_api import Browser

from storyboard.errors import Transient
from storyboard.foresight import Options
from storyboard.progress import unwatched
from storyboard.provenance.carried import credentials_in, credentials_of
from storyboard.provenance.certificate import Identity, development, identity_of
from storyboard.provenance.signing import Desk, sign_film, try_identity
from storyboard.render import render
from storyboard.secret import Secret
from storyboard.settings import settings_for
from storyboard.store import files
from storyboard.store.cache import Cache
from storyboard.store.project import open_project
from storyboard.testing.clips import clip_of
from tests.browsing import needs_chromium, until
from tests.paid.rehearsing import STRESS
from tests.paid.sets import Set
from tests.paid.test_disk import mounted
from tests.provenance.conftest import CLIP, Filmed
from tests.provenance.papers import GENERATED, credentialed, issue, read

SIGNED = "build/film.signed.mp4"


def decoded(film: Path) -> tuple[list[str], list[str]]:
    """The digests of a film's pictures and of its sound, in order."""
    with av.open(str(film)) as container:
        found: dict[str, list[str]] = {"video": [], "audio": []}
        for frame in container.decode(video=0, audio=0):
            assert isinstance(frame, av.VideoFrame | av.AudioFrame)
            kind = "video" if isinstance(frame, av.VideoFrame) else "audio"
            found[kind].append(f"{frame.pts} {hashlib.sha256(frame.to_ndarray().tobytes()).hexdigest()}")
        return found["video"], found["audio"]


def test_a_signed_film_is_valid_and_says_what_it_is(filmed: Filmed) -> None:
    one = filmed.take()
    seen = read(one.folder / SIGNED)
    assert seen.state == "Valid"
    assert seen.claim["title"] == "Shelf (development certificate: for trying only)"
    assert seen.claim["claim_generator_info"][0]["certificate"] == "development certificate: for trying only"
    assert seen.claim["signature_info"]["common_name"] == "storyboard development certificate, for trying only"
    assert seen.titles == ["a, take 1", "b, take 1", "clip.mp4", "logo.png", "tone.wav"]
    digests = [take.sha256 for shot in "ab" if (take := one.lock.shots[shot].take)]
    digests += [files.sha256(one.folder / name) for name in ("takes/clip.mp4", "logo.png", "tone.wav")]
    assert [fact["sha256"] for fact in seen.facts] == digests
    assert [fact.get("model", fact["kind"]) for fact in seen.facts] == [
        "klingai/kling-v3.0-i2v", "klingai/kling-v3.0-i2v", "footage", "overlay", "effects",
    ]  # fmt: skip
    assert [one["action"] for one in seen.actions] == [
        "c2pa.created", *["c2pa.placed"] * 5, "c2pa.edited", "c2pa.addedText",
    ]  # fmt: skip
    assert seen.actions[0]["digitalSourceType"].endswith("/compositeWithTrainedAlgorithmicMedia")
    assert [one.get("digitalSourceType") for one in seen.actions[1:6]] == [GENERATED, GENERATED, None, None, None]
    places = [(one["name"], one["region"][0]["time"]) for one in seen.actions[1]["changes"]]
    assert places == [
        ("a", {"type": "npt", "start": "0.500000", "end": "2.500000"}),
        ("again", {"type": "npt", "start": "7.000000", "end": "8.000000"}),
    ]


def test_a_claim_keeps_prompts_and_prices_to_the_record(filmed: Filmed) -> None:
    data = (filmed.take().folder / SIGNED).read_bytes()
    assert b"clip.mp4" in credentials_bytes(data)
    for word in (b"a fox", b"0.504", b"1.008", b"Two.", b"plain.png", b"takes/"):
        assert word not in credentials_bytes(data), word


def credentials_bytes(data: bytes) -> bytes:
    """The part of a film that is its claim."""
    return data[: data.index(b"moov")] + data[data.rindex(b"moov") :]


def test_the_providers_own_credentials_are_kept(filmed: Filmed) -> None:
    one = filmed.take()
    seen = read(one.folder / SIGNED)
    carried, *others = seen.claim["ingredients"]
    assert carried["active_manifest"] in seen.text
    assert carried["validation_results"]["activeManifest"]["failure"] == []
    assert '"name": "Example Model"' in seen.text
    assert all("active_manifest" not in other for other in others)
    take = one.lock.shots["a"].take
    assert take is not None
    own = read_state(one.clip(take.sha256).read_bytes())
    assert own == carried["active_manifest"]


def read_state(clip: bytes) -> str:
    """The name of a clip's own claim."""
    with c2pa.Reader("video/mp4", BytesIO(clip)) as reader:
        return str((reader.get_active_manifest() or {})["label"])


def test_a_signed_film_has_the_same_pictures_and_sound(filmed: Filmed) -> None:
    one = filmed.take()
    plain, signed = decoded(one.folder / "build/film.mp4"), decoded(one.folder / SIGNED)
    assert len(plain[0]) == 192
    assert plain == signed
    assert credentials_in(one.folder / "build/film.mp4") == 0
    assert credentials_in(one.folder / SIGNED) > 0


def packets(film: Path) -> list[object]:
    """Everything that a film has, track by track: chapters, words and packets."""
    with av.open(str(film)) as container:
        head = [container.metadata, *map(dict, container.chapters())]
        rows = [(one.stream.index, one.pts, one.dts, one.duration, bytes(one)) for one in container.demux()]
        return [*head, *rows]


def test_every_packet_of_every_track_is_where_it_was(cards: Path, tmp_path: Path) -> None:
    """Chapters and captions that players show have tracks of their own, which point into the file too."""
    text = cards.read_text().replace("duration: 1s}", "duration: 1s, captions: [{text: Hello, for: 0.5s}]}", 1)
    text = text.replace("size: 160x90", "captions: soft, size: 160x90") + "provenance: {sign: development}\n"
    cards.write_text(text)
    render(open_project(str(cards)), replace(settings_for(cards.parent), home=tmp_path), Options(), unwatched)
    plain, signed = (packets(cards.parent / "build" / name) for name in ("film.mp4", "film.signed.mp4"))
    assert plain == signed
    assert {row[0] for row in plain[2:] if isinstance(row, tuple)} >= {0, 1, 2}


def test_a_single_changed_byte_is_found_out(filmed: Filmed) -> None:
    one = filmed.take()
    data = bytearray((one.folder / SIGNED).read_bytes())
    data[data.rindex(b"mdat") + 400] ^= 1
    (one.folder / "forged.mp4").write_bytes(data)
    assert read(one.folder / "forged.mp4").state == "Invalid"


def test_generated_shots_alone_are_generated(filmed: Filmed, tmp_path: Path) -> None:
    one = replace(filmed.set, folder=tmp_path / "film", home=filmed.take().home, events=[])
    one.write("{id: a, first: plain.png, prompt: 'One: a fox.', negative: text, titles: [{text: Hello}]}",
              head="provenance: {sign: development}\n")  # fmt: skip
    charged = one.charged
    one.render()
    assert one.charged == charged
    seen = read(one.folder / SIGNED)
    assert seen.actions[0]["digitalSourceType"] == GENERATED
    assert seen.titles == ["a, take 1"]


def test_a_mov_is_signed_too(cards: Path, tmp_path: Path) -> None:
    movie = "  movie: {size: 160x90, file: build/film.mov}\nprovenance: {sign: development}\n"
    cards.write_text(cards.read_text() + movie)
    done = render(open_project(str(cards)), replace(settings_for(cards.parent), home=tmp_path), Options(), unwatched)
    paths = [one.signed.path.name for one in done.beside if one.signed]
    assert paths == ["film.signed.mp4", "film.signed.mov"]
    assert read(cards.parent / "build" / "film.signed.mov", "video/quicktime").state == "Valid"
    assert [one.record.name for one in done.beside] == ["film.provenance.json", "film.mov.provenance.json"]
    assert read(cards.parent / "build" / "film.signed.mp4").actions[0]["digitalSourceType"].endswith("/composite")


@needs_chromium
def test_a_signed_film_plays_to_its_end(filmed: Filmed, browser: Browser) -> None:
    one = filmed.take()
    with browser.new_context() as room:
        tab = room.new_page()
        page = one.folder / "page.html"
        page.write_text(f"<video src='{SIGNED}' muted preload=auto></video>")
        tab.goto(page.as_uri())
        until(tab, "document.querySelector('video').readyState >= 2")
        film = tab.locator("video")
        assert film.evaluate("film => [film.videoWidth, film.videoHeight, film.duration]") == [128, 72, 8]
        film.evaluate("film => { film.playbackRate = 16; return film.play(); }")
        until(tab, "document.querySelector('video').ended")
        assert film.evaluate("film => film.error") is None


def desk(one: Set, identity: Identity, *more: Path) -> Desk:
    """What a film is signed with; `more` are files that it is made of besides."""
    known = {files.sha256(path): path for path in more}
    return Desk(identity, lambda digest: known[digest], Cache(one.folder / ".storyboard"))


def claimed(clips: list[Path], film: Path) -> dict[str, Any]:
    """A record of a film of these clips."""
    shots = [
        {"id": path.stem, "kind": "footage", "reuse": None, "in_film": {"first": 0, "frames": 24}, "card": None,
         "take": None, "asked": None, "footage": {"file": path.name, "sha256": files.sha256(path)}}
        for path in clips
    ]  # fmt: skip
    head = {"title": "T", "file": "film.mp4", "sha256": files.sha256(film), "frames": 24, "rate": "24"}
    return {
        "film": {**head, "source_type": GENERATED, "words_drawn": False},
        "shots": shots,
        "sounds": [],
        "overlays": [],
    }


def test_odd_credentials_are_told_and_left_behind(filmed: Filmed) -> None:
    """What a clip brings along is a stranger's: damaged, forged, far too large, or of another kind than it says."""
    one = filmed.take()
    film, target = one.folder / "build/film.mp4", one.folder / "build/other.mp4"
    good = credentialed(clip_of(CLIP), filmed.provider)
    at = good.index(b"c2pa.signature")
    torn = good[: at + 40] + bytes(200) + good[at + 240 :]
    forged = bytearray(good)
    forged[forged.rindex(b"mdat") + 300] ^= 1
    start = good.index(b"uuid") - 4
    nothing = good[:start] + (24).to_bytes(4, "big") + good[start + 4 : start + 24] + clip_of(CLIP)[start:]
    clips = []
    for name, data in (("torn", torn), ("forged", forged), ("nothing", nothing), ("text", b"not a film at all")):
        clips.append(one.folder / f"{name}.mp4")
        clips[-1].write_bytes(data)
    identity = development(one.home)
    done = sign_film(film, claimed(clips, film), target, desk(one, identity, *clips))
    seen = read(target)
    assert seen.state == "Valid"
    assert seen.titles == ["torn.mp4", "forged.mp4", "nothing.mp4", "text.mp4"]
    kept = {part["title"]: part.get("validation_results", {}) for part in seen.claim["ingredients"]}
    failures = kept["forged.mp4"]["activeManifest"]["failure"]
    assert "assertion.bmffHash.mismatch" in [failure["code"] for failure in failures]
    assert "nothing.mp4" in done.lost
    assert "text.mp4" not in done.lost


@contextmanager
def listener() -> Iterator[tuple[str, list[str]]]:
    """A server of this machine, and who asked it for what."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Nothing is told."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_nobody_is_called(filmed: Filmed, tmp_path: Path) -> None:
    """A certificate that names who knows of its state, and a picture whose credentials are said to lie elsewhere. That
    both do lead there is shown by readers that may fetch."""
    one = filmed.take()
    film, target = one.folder / "build/film.mp4", one.folder / "build/other.mp4"
    with listener() as (address, asked):
        papers = issue(ask=f"{address}/ocsp")
        clip, lure = one.folder / "clip.mp4", one.folder / "lure.jpg"
        clip.write_bytes(credentialed(clip_of(CLIP), papers))
        lure.write_bytes(remote_picture(f"{address}/manifest.c2pa"))
        chain, key = papers.save(tmp_path)
        settings = replace(one.settings(), sign_certificate=str(chain), sign_key=Secret(str(key)))
        identity = identity_of("certificate", settings)
        assert identity is not None
        try_identity(identity)
        done = sign_film(film, claimed([clip, lure], film), target, desk(one, identity, clip, lure))
        assert done.lost == ("lure.jpg",)
        assert read(target).state == "Valid"
        assert asked == []
        with pytest.raises(c2pa.C2paError), lure.open("rb") as file:
            c2pa.Reader("image/jpeg", file).close()
        assert asked == ["/manifest.c2pa"]
        curious = c2pa.Context(c2pa.Settings.from_dict({"version": 1, "verify": {"ocsp_fetch": True}}))
        with target.open("rb") as file, c2pa.Reader("video/mp4", file, context=curious) as reader:
            reader.json()
        assert len(asked) > 1, "a reader that may ask for the certificate's state does"


def remote_picture(address: str) -> bytes:
    """A picture whose credentials lie at an address."""
    from PIL import Image

    plain = BytesIO()
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="{address}"/>'
        "</rdf:RDF></x:xmpmeta>"
    )
    Image.new("RGB", (16, 16)).save(plain, "JPEG", xmp=xmp.encode())
    return plain.getvalue()


def test_hostile_texts_are_signed_as_texts(filmed: Filmed) -> None:
    """In the title, in ids, in the name of a model and of a file."""
    one = filmed.take()
    film, target = one.folder / "build/film.mp4", one.folder / "build/other.mp4"
    clip = one.folder / "clip.mp4"
    clip.write_bytes(clip_of(CLIP))
    record = claimed([clip], film)
    text = 'a " \\ \u202e \x07 \x1b[31m \n </script> \U000e0041 \ud800 \x00 ' + "x" * 10_000
    take = {"sha256": files.sha256(clip), "number": 1}
    shot = {
        **record["shots"][0],
        "id": text,
        "kind": "generated",
        "take": take,
        "asked": {"model": text},
        "footage": None,
    }
    record = {**record, "shots": [shot], "film": {**record["film"], "title": text}}
    sign_film(film, record, target, desk(one, development(one.home), clip))
    seen = read(target)
    assert seen.state == "Valid"
    texts = (seen.claim["title"], seen.titles[0], seen.facts[0]["model"], seen.actions[1]["changes"][0]["name"])
    assert all(word.startswith('a " \\') and word.isprintable() and len(word) < 600 for word in texts)


def test_it_is_signed_again_only_for_a_cause(filmed: Filmed, tmp_path: Path) -> None:
    one = filmed.take()
    film, target = one.folder / "build/film.mp4", one.folder / "build/other.mp4"
    first = desk(one, development(one.home))
    record = claimed([], film)
    assert sign_film(film, record, target, first).written
    assert not sign_film(film, record, target, first).written
    other = replace(first, identity=development(tmp_path))
    assert sign_film(film, record, target, other).written
    target.write_bytes(b"something else")
    assert sign_film(film, record, target, other).written
    target.unlink()
    assert sign_film(film, record, target, other).written
    changed = {**record, "film": {**record["film"], "title": "Another"}}
    assert sign_film(film, changed, target, other).written


def test_boxes_of_credentials_are_found_by_their_place(tmp_path: Path, filmed: Filmed) -> None:
    good = credentialed(clip_of(CLIP), filmed.provider)
    path = tmp_path / "clip.mp4"
    path.write_bytes(good)
    start = good.index(b"uuid") - 4
    size = int.from_bytes(good[start : start + 4], "big")
    assert credentials_in(path) == size
    assert credentials_of(path) == good[start : start + size]
    for data in (b"", good[:40], good[: start + 30], b"\0" * 4000, b"\0\0\0\1abcd", b"\0\0\0\1mdat" + b"\xff" * 8):
        path.write_bytes(data)
        assert credentials_in(path) == 0
        assert credentials_of(path) == b""


def test_a_copy_that_has_no_room_is_told_and_leaves_nothing(filmed: Filmed) -> None:
    one = filmed.take()
    film, small = one.folder / "build/film.mp4", one.folder / "small"
    small.mkdir()
    if not mounted(small, "4m"):
        pytest.skip("only root may mount a disk here")
    try:
        with pytest.raises(Transient, match="no space is left"):
            sign_film(film, claimed([], film), small / "film.signed.mp4", desk(one, development(one.home)))
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", str(small)], check=True)


@pytest.mark.parametrize("seed", range(100 if STRESS else 1))
def test_clips_that_were_tampered_with_stop_no_film(filmed: Filmed, seed: int) -> None:
    """A good clip, and others of the same provider in whose credentials bytes were changed: its own are carried on."""
    one = filmed.take()
    dice, film, target = random.Random(seed), one.folder / "build/film.mp4", one.folder / "build/other.mp4"
    good = credentialed(clip_of(CLIP), filmed.provider)
    begin = good.index(b"c2pa")
    clips = [one.folder / "good.mp4"]
    clips[0].write_bytes(good)
    for number in range(5):
        bad = bytearray(good)
        for _ in range(dice.choice((1, 2, 4))):
            at = dice.randrange(begin, begin + 10_000)
            bad[at : at + 4] = dice.choice((bytes(4), b"\xff" * 4, dice.randbytes(4)))
        if bytes(bad) not in [clip.read_bytes() for clip in clips]:
            clips.append(one.folder / f"bad-{number}.mp4")
            clips[-1].write_bytes(bad)
    done = sign_film(film, claimed(clips, film), target, desk(one, development(one.home), *clips))
    seen = read(target)
    assert seen.state == "Valid"
    assert seen.titles == [clip.name for clip in clips]
    assert "good.mp4" not in done.lost
    assert seen.claim["ingredients"][0]["active_manifest"] == read_state(good)
