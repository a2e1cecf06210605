"""Who may speak to a studio, and about what: tried over real HTTP."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
from pathlib import Path

import httpx
import pytest
from starlette.responses import PlainTextResponse

from storyboard.studio.guard import Guard
from tests.studio.conftest import FILM, WORD, Visitor, at_home, visiting

ACTS = ("preview", "apply", "put-back", "quote", "retake")
TRIM = {"shot": "one", "values": {"length": "1s"}}
OTHERS = (
    {"origin": "http://evil.example"},
    {"origin": "http://127.0.0.1:1"},
    {"origin": "null"},
    {"origin": "https://{host}"},
    {"host": "evil.example"},
    {"host": "127.0.0.1"},
    {"host": "studio.localhost:{port}", "origin": "http://studio.localhost:{port}"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
)
"""What the pages of others say of themselves."""


@pytest.mark.parametrize("headers", OTHERS, ids=str)
def test_another_origin_neither_reads_nor_changes(studio: Visitor, film: Path, headers: dict[str, str]) -> None:
    given = {name: text.format(host=studio.host, port=studio.port) for name, text in headers.items()}
    answers = [studio.get(name, **given) for name in ("", "events", "studio.js")]
    mark = studio.post("preview", TRIM).json()["mark"]
    answers += [studio.post("preview", TRIM, **given), studio.post("apply", TRIM | {"mark": mark}, **given)]
    for answer in answers:
        assert answer.status_code in (403, 421)
        assert "Harbour" not in answer.text
        assert "access-control-allow-origin" not in answer.headers
    assert film.read_text() == FILM


def test_the_word_is_needed_and_the_other_one_works_once(studio: Visitor) -> None:
    client, root = studio.client, f"http://{studio.host}"
    for path in ("/", "/x/", f"/{WORD[:-1]}/", f"/{WORD}x/", "/studio.js", "/events", "/favicon.ico"):
        assert client.get(root + path).status_code == 404
    led = client.get(f"{root}/once/")
    assert (led.status_code, led.headers["location"]) == (303, f"/{WORD}/")
    assert client.get(f"{root}/once/").status_code == 404
    page = studio.get()
    assert page.status_code == 200
    assert "set-cookie" not in page.headers
    policy = page.headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"} <= {*policy}
    assert not any("unsafe" in one or "data:" in one for one in policy)


def test_nothing_is_changed_by_asking(studio: Visitor, film: Path) -> None:
    for act in ACTS:
        assert studio.get(act).status_code in (404, 405)
        assert studio.client.request("HEAD", studio.address + act).status_code in (404, 405)
        form = {"content-type": "application/x-www-form-urlencoded"}
        assert studio.post(act, TRIM, **form).status_code == 415
        assert studio.client.put(studio.address + act, json=TRIM).status_code == 405
        nobody = {"content-type": "application/json"}
        assert studio.client.post(studio.address + act, content="{}", headers=nobody).status_code == 403
    assert film.read_text() == FILM


def test_read_only_refuses(film: Path, tmp_path: Path) -> None:
    with visiting(film, at_home(tmp_path / "home"), read_only=True) as studio:
        assert studio.state(lambda state: state["film"])["read_only"] is True
        for act in ACTS:
            answer = studio.post(act, TRIM)
            assert (answer.status_code, answer.json()["message"]) == (403, "this studio only shows")
        assert not studio.live.wants_draft
    assert film.read_text() == FILM
    assert not (film.parent / "build").exists()


def test_only_what_a_page_was_told_of_is_served(studio: Visitor, film: Path) -> None:
    shown = studio.pictured()[0]["reel"]
    assert studio.get(shown).headers["content-type"] == "image/webp"
    for path in (
        f"/{WORD}/media/../../film.yaml", f"/{WORD}/media/%2e%2e%2f%2e%2e%2ffilm.yaml", f"/{WORD}/..%2ffilm.yaml",
        f"/{WORD}/{film}", f"/{WORD}//etc/passwd", f"/{WORD}/film.yaml", f"/{WORD}/media/film.yaml",
        f"/{WORD}/media/{'0' * 32}", f"/{WORD}/pages/studio.js", f"/{WORD}/media/%00",
    ):  # fmt: skip
        line = http.client.HTTPConnection("127.0.0.1", studio.port)
        line.request("GET", path)  # as it is: a client of more manners would tidy it up
        answer = line.getresponse()
        assert answer.status == 404, path
        assert b"Harbour" not in answer.read()
        line.close()


def test_it_listens_on_this_machine_alone(studio: Visitor) -> None:
    others = {one[4][0] for one in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {"127.0.0.1"}
    for address in (one for one in map(str, others) if not one.startswith("127.")):
        with pytest.raises(OSError, match="refused"):
            socket.create_connection((address, studio.port), timeout=5)
    assert studio.get().status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        "", "[]", "{", "[" * 3000, '"' + "x" * 70_000 + '"', "{}", '{"shot": 1}', '{"shot": "one", "step": true}',
        '{"shot": "one", "step": 5}', '{"shot": "two", "step": 1.0}', '{"shot": "none", "values": {"in": "1s"}}',
        '{"shot": "one", "values": []}', '{"shot": "one", "values": {"prompt": "x"}}',
        '{"shot": "one", "values": {"pin": "yes"}}', '{"shot": "one", "values": {"in": 1}}',
        '{"shot": "one", "choose": 7}', '{"shot": "one", "choose": "abcd"}',
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_words(studio: Visitor, film: Path, body: str) -> None:
    headers = {"origin": f"http://{studio.host}", "content-type": "application/json"}
    for act in ("preview", "apply", "retake"):
        answer = studio.client.post(studio.address + act, content=body, headers=headers)
        assert 400 <= answer.status_code < 500
        assert json.loads(answer.text)["message"]
    assert film.read_text() == FILM


@pytest.mark.parametrize(("port", "host"), [(80, "127.0.0.1"), (8080, "localhost:8080")])
def test_it_is_known_by_what_a_browser_calls_it(port: int, host: str) -> None:
    async def ask(name: str) -> httpx.Response:
        guarded = httpx.ASGITransport(Guard(PlainTextResponse("here"), "word", port))
        async with httpx.AsyncClient(transport=guarded) as client:
            return await client.get(f"http://{name}/word/")

    assert asyncio.run(ask(host)).text == "here"
    assert asyncio.run(ask("127.0.0.1:1")).status_code == 421
