"""What answers say: in the contract's shape, in another, and in none."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from storyboard.gateway import wire
from storyboard.secret import SafeUrl

VIDEO = {"type": "url", "url": "https://cdn.example/clip.mp4", "mediaType": "video/mp4"}


def nowhere(data: str) -> Path:
    """For answers that carry no clip inside."""
    raise AssertionError(f"a clip is inside: {data}")


def test_a_result_with_everything(tmp_path: Path) -> None:
    answer = wire.parse_answer(
        {
            "videos": [{"type": "base64", "data": "Y2xpcA==", "mediaType": "video/mp4"}, VIDEO],
            "warnings": [
                {"type": "unsupported", "feature": "seed", "details": "is ignored"},
                {"type": "deprecated", "setting": "mode", "message": "use another"},
                {"type": "other", "message": "slow\x1b[31m \u202etoday, k_test1, see https://x.example/a?sig=1"},
                {"type": "compatibility"},
                {"type": 5},
                "no warning",
            ],
            "providerMetadata": {
                "gateway": {
                    "cost": "1.68",
                    "local": True,
                    "generationId": "gen_01ABC",
                    "routing": {"provider": "klingai"},
                    "asyncJob": {"jobId": "job_1", "result": {"expiresAt": 1785993425171}},
                }
            },
        },
        lambda data: tmp_path / data.strip("="),
        "k_test1",
    )
    assert answer.clip == wire.Clip(file=tmp_path / "Y2xpcA")
    assert answer.warnings == (
        "seed: is ignored", "mode: use another", "slow [31m today, ***, see https://x.example/…", "compatibility", "5",
    )  # fmt: skip
    assert (answer.cost, answer.local, answer.generation) == (Decimal("1.68"), True, "gen_01ABC")


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        ("1.68", Decimal("1.68")), (1.68, Decimal("1.68")), (0, Decimal(0)), (None, None), ("", None), ("free", None),
        ("NaN", None), ("Infinity", None), ([], None), ({}, None), ("-inf", None), (True, None), ("-1", None),
        (-0.5, None), ("1e6", None), ("1e999999", None), ("999999.99", Decimal("999999.99")),
        ("1e-999999", Decimal(0)), ("1e2", Decimal(100)), ("0.3333333333333333", Decimal("0.333333")),
    ],
)  # fmt: skip
def test_costs(cost: object, expected: Decimal | None) -> None:
    answer = wire.parse_answer({"videos": [VIDEO], "providerMetadata": {"gateway": {"cost": cost}}}, nowhere)
    assert answer.cost == expected
    assert len(str(answer.cost)) < 20
    assert wire.parse_generation_cost({"data": {"total_cost": cost}}) == expected


@pytest.mark.parametrize(
    "metadata",
    [
        None, [], "x", {}, {"gateway": None}, {"gateway": []}, {"gateway": {"local": "yes"}},
        {"gateway": {"generationId": 5, "routing": [], "asyncJob": {"result": None}}},
        {"gateway": {"generationId": "gen\n1", "routing": {"provider": "a b"}}},
        {"gateway": {"asyncJob": {"result": {"expiresAt": "x"}}}},
        {"gateway": {"generationId": "x" * 201, "asyncJob": {"result": {"expiresAt": True}}}},
        {"gateway": {"asyncJob": {"result": {"expiresAt": -1}}}},
    ],
)  # fmt: skip
def test_metadata_that_says_nothing(metadata: object) -> None:
    answer = wire.parse_answer({"videos": [VIDEO], "providerMetadata": metadata, "warnings": None}, nowhere)
    assert answer == wire.Answer(wire.Clip(SafeUrl(VIDEO["url"])), (), None, False)


@pytest.mark.parametrize("warnings", [None, {}, "x", 5, [], [1], [None]])
def test_warnings_that_are_none(warnings: object) -> None:
    assert wire.parse_answer({"videos": [VIDEO], "warnings": warnings}, nowhere).warnings == ()
    assert wire.parse_started({"operation": {"a": 1}, "warnings": warnings}).warnings == ()


@pytest.mark.parametrize(
    "videos",
    [None, [], {}, "x", [None], ["x"], [{}], [{"type": "url"}], [{"type": "url", "url": 5}], [{"type": "base64"}],
     [{"type": "base64", "data": 5}], [{"type": "file", "url": "https://x/y"}]],
)  # fmt: skip
def test_no_video(videos: object) -> None:
    with pytest.raises(wire.BadAnswer):
        wire.parse_answer({"videos": videos}, nowhere)


@pytest.mark.parametrize(
    ("value", "state", "error"),
    [
        ({"status": "pending"}, "pending", ""), ({"status": "queued"}, "pending", ""), ({}, "pending", ""),
        ({"status": 5}, "pending", ""), ({"status": "error", "error": "unsafe"}, "error", "unsafe"),
        ({"status": "error", "error": {"message": "un\x1b[31msafe"}}, "error", "un [31msafe"),
        ({"status": "error"}, "error", "no reason given"),
        ({"status": "error", "error": {}}, "error", "no reason given"),
        ({"status": "cancelled"}, "cancelled", "video generation was cancelled"),
    ],
)  # fmt: skip
def test_states(value: dict[str, Any], state: str, error: str) -> None:
    status = wire.parse_status(value, nowhere)
    assert (status.state, status.error, status.answer, status.cost) == (state, error, None, None)


def test_a_failed_order_may_have_been_billed() -> None:
    metadata = {"gateway": {"cost": "0.84"}}
    status = wire.parse_status({"status": "error", "error": "unsafe", "providerMetadata": metadata}, nowhere)
    assert (status.state, status.cost) == ("error", Decimal("0.84"))


def test_completed() -> None:
    status = wire.parse_status({"status": "completed", "videos": [VIDEO]}, nowhere)
    assert status.answer
    assert status.answer.clip.url == SafeUrl(VIDEO["url"])
    assert "clip.mp4" not in f"{status} {status!r} {status.answer.clip.url}"
    with pytest.raises(wire.BadAnswer):
        wire.parse_status({"status": "completed"}, nowhere)


@pytest.mark.parametrize(
    "value", [{}, {"operation": None}, {"operation": {}}, {"operation": "job_1"}, {"operation": ["job_1"]}]
)
def test_no_operation(value: dict[str, Any]) -> None:
    with pytest.raises(wire.BadAnswer):
        wire.parse_started(value)


def test_what_a_start_says() -> None:
    value = {
        "operation": {"gatewayJobId": "job_1"},
        "warnings": [{"type": "unsupported", "feature": "seed"}],
        "providerMetadata": {"gateway": {"generationId": "gen_1", "asyncJob": {"jobId": "job_1", "status": "queued"}}},
    }
    assert wire.parse_started(value) == wire.Started({"gatewayJobId": "job_1"}, ("seed",), "gen_1")


@pytest.mark.parametrize(
    "data",
    [b"", b"x", b"[]", b"5", b'"x"', b"null", b"{", b'{"a": NaN}', b'{"a": Infinity}', b'{"a": [-Infinity]}',
     b"\xff\xfe", b"[" * 100_000, b'{"a": ' + b"9" * 5_000 + b"}", b'{"a": 1e999}', b'{"a": -1e999}',
     '{"a": 1}'.encode("utf-16")],
)  # fmt: skip
def test_no_json_object(data: bytes) -> None:
    with pytest.raises(wire.BadAnswer):
        wire.parse_json(data)


def test_a_byte_order_mark_is_no_harm() -> None:
    assert wire.parse_json(b'\xef\xbb\xbf{"a": 1.10}') == {"a": 1.1}


HOSTILE = "\x1b]0;owned\x07\r\n::error::x \u202e\u2066 \x00\x9b31m\ttext" + "x" * 2_000


def test_printable() -> None:
    text = wire.printable(HOSTILE)
    assert text.isprintable()
    assert text.startswith("]0;owned ::error::x")
    assert len(text) <= 500
    assert wire.printable("été 🦊 初光") == "été 🦊 初光"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see https://a.example/b?sig=1#x.", "see https://a.example/…"), ("https://a.example", "https://a.example/…"),
        ("(HTTPS://u:p@A.example:8443/x)", "(HTTPS://A.example:8443/…"), ("s3://bucket/key?x", "s3://bucket/…"),
        ("'https://a.example/x','http://b/y'", "'https://a.example/…','http://b/…'"),
        ("https://user@b@c.example/x", "https://c.example/…"), ("key k_secret1!", "key ***!"), ("no k_sec", "no k_sec"),
        ("https://a.example/" + "s" * 5_000, "https://a.example/…"),
        ("https://a.exam\u200bple/?sig=s3cr3t", "https://a.exam/… ple/…"),
    ],
)  # fmt: skip
def test_no_address_and_no_credential_is_repeated(text: str, shown: str) -> None:
    assert wire.printable(text, "k_secret1") == shown


@pytest.mark.stress
def test_no_text_of_a_provider_drives_a_terminal() -> None:
    dice = random.Random(7)
    signs = [chr(code) for code in (*range(0x20), 0x7F, 0x85, 0x9B, *range(0x200B, 0x2010), *range(0x2028, 0x202F),
                                    *range(0x2066, 0x206A), 0xFEFF, 0xD800, 0xE0001)]  # fmt: skip
    for _ in range(300):
        text = "".join(dice.choice([*signs, "a", "é", "[", "]", ";", "m"]) for _ in range(dice.randrange(200)))
        said = wire.printable(text)
        assert said.isprintable()
        assert not any(sign in said for sign in signs)
