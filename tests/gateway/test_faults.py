"""The table of everything that can go wrong with a call."""

from __future__ import annotations

import inspect
import ssl
import traceback
from types import ModuleType

import httpx
import pytest

from storyboard.errors import Where
from storyboard.gateway import faults, wire
from storyboard.gateway.faults import CallFailed, judge

STATUSES = [status for status in range(100, 1_000) if not 200 <= status < 300]
SECRET = "https://cdn.example/clip.mp4?signature=s3cr3t"


def exceptions_of(module: ModuleType) -> list[type[Exception]]:
    """Every public exception of a module."""
    found = [getattr(module, name) for name in dir(module) if not name.startswith("_")]
    return [one for one in found if inspect.isclass(one) and issubclass(one, Exception)]


def made(kind: type[Exception]) -> Exception:
    """An exception of a kind, with an address in it."""
    if kind is httpx.HTTPStatusError:
        request = httpx.Request("GET", SECRET)
        return httpx.HTTPStatusError(SECRET, request=request, response=httpx.Response(500, request=request))
    if kind in (httpx.StreamConsumed, httpx.StreamClosed, httpx.ResponseNotRead, httpx.RequestNotRead):
        return kind()
    return kind(SECRET)


@pytest.mark.parametrize("kind", exceptions_of(httpx))
def test_every_exception_of_httpx_has_a_row(kind: type[Exception]) -> None:
    assert kind in faults.EXCEPTIONS
    assert issubclass(kind, faults.SEEN)


@pytest.mark.parametrize("kind", [*exceptions_of(httpx), OSError, TimeoutError, ssl.SSLError])
def test_every_exception_is_judged_and_shows_no_address(kind: type[Exception]) -> None:
    failure = faults.of_exception("start", made(kind))
    assert "s3cr3t" not in "".join(traceback.format_exception(failure)) + repr(vars(failure))
    assert failure.message.startswith("the gateway: ")
    assert failure.exit_code == (1 if failure.outcome == "not-sent" and not failure.later else 4)


NOT_SENT = {
    httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol,
    httpx.InvalidURL, httpx.LocalProtocolError, httpx.RequestNotRead,
}  # fmt: skip


def test_only_what_never_left_is_not_sent() -> None:
    assert {kind for kind, row in faults.EXCEPTIONS.items() if row.outcome == "not-sent"} == NOT_SENT
    assert not any(row.outcome == "refused" for row in faults.EXCEPTIONS.values())


def test_a_held_open_call_that_may_have_been_heard_is_not_repeated() -> None:
    for kind, row in faults.EXCEPTIONS.items():
        failure = faults.of_exception("generate", made(kind))
        assert failure.later == (row.later and row.outcome == "not-sent")
    assert not faults.may_repeat("generate", "unknown")
    assert faults.may_repeat("generate", "not-sent")
    assert faults.may_repeat("start", "unknown")


def test_mistakes_of_ours_are_not_tried_again() -> None:
    again = {kind for kind, row in faults.EXCEPTIONS.items() if row.later}
    assert (
        again & {httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.CookieConflict} == set()
    )
    assert {httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError, wire.BadAnswer} <= again


def test_a_certificate_that_is_not_trusted_is_for_good() -> None:
    error = httpx.ConnectError("x")
    error.__cause__ = OSError("y")
    error.__cause__.__context__ = ssl.SSLCertVerificationError("self-signed")
    failure = faults.of_exception("start", error)
    assert (failure.outcome, failure.later, failure.scope) == ("not-sent", False, "all")
    assert "certificate" in failure.message


def test_a_held_open_call_is_sent_again_only_when_it_was_cleanly_refused() -> None:
    for status in STATUSES:
        row = judge("generate", status, "")
        clean = (400 <= status < 500 and status not in (408, 409, 425)) or status in (301, 302, 307, 308)
        assert row.outcome == ("refused" if clean else "unknown"), status
        assert row.later == (status == 429), status


def test_a_start_is_tried_again_where_its_key_protects_it() -> None:
    for status in STATUSES:
        row = judge("start", status, "")
        assert row.later == (status in (408, 409, 425, 429) or 500 <= status < 600), status
        if row.outcome == "refused":
            assert 300 < status < 500
            assert status not in (408, 409, 422, 425)


@pytest.mark.parametrize("status", [402, 403, 413, 422, 424])
@pytest.mark.parametrize("call", ["start", "status", "generate"])
def test_what_is_never_tried_again(status: int, call: faults.Call) -> None:
    for kind in ("", "forbidden", "customer_verification_required", "rate_limit_exceeded", "internal_server_error"):
        assert not judge(call, status, kind).later


@pytest.mark.parametrize("kind", ["", "not_found", "model_not_found"])
@pytest.mark.parametrize("shaped", [True, False])
def test_a_question_never_gives_an_order_up(kind: str, shaped: bool) -> None:
    for status in STATUSES:
        gone = status in (404, 410) and kind != "model_not_found" and shaped
        assert judge("status", status, kind, shaped).outcome == ("refused" if gone else "unknown"), status


@pytest.mark.parametrize(
    ("status", "kind", "scope"),
    [
        (400, "invalid_request_error", "shot"), (401, "authentication_error", "all"),
        (402, "quota_for_entity_exceeded", "all"), (402, "", "all"), (403, "customer_verification_required", "all"),
        (403, "free_tier_model_not_available", "model"), (403, "forbidden", "model"), (404, "model_not_found", "model"),
        (404, "not_found", "shot"), (413, "", "shot"), (424, "failed_dependency", "shot"), (429, "", "shot"),
        (500, "", "shot"), (308, "", "all"),
    ],
)  # fmt: skip
def test_how_far_a_refusal_reaches(status: int, kind: str, scope: str) -> None:
    for call in ("start", "generate"):
        assert judge(call, status, kind).scope == scope


def test_a_key_that_is_known_with_other_bytes_is_an_open_question() -> None:
    assert judge("start", 422, "").outcome == "unknown"
    assert judge("generate", 422, "").outcome == "refused"


@pytest.mark.parametrize(
    ("status", "content", "code", "says", "hint"),
    [
        (401, b'{"error": {"message": "bad key"}}', 1, "answers 401: bad key", "AI_GATEWAY_API_KEY"),
        (402, b'{"error": {"message": "empty"}}', 1, "answers 402: empty", "add credit"),
        (404, b"<html>", 1, "answers 404: no reason given", "/v4/ai"),
        (429, b'{"error": {"message": "slow\\u001b[31m down\\u202e"}}', 4, "answers 429: slow [31m down", "later"),
        (503, b"", 4, "answers 503: no reason given", ""),
        (400, b'{"error": {"message": 5}}', 1, "answers 400: no reason given", ""),
        (400, b'{"error": NaN}', 1, "answers 400: no reason given", ""),
        (413, b"", 1, "answers 413", "docs/hosting.md"),
    ],
)
def test_what_is_told(status: int, content: bytes, code: int, says: str, hint: str) -> None:
    failure = faults.of_answer("start", status, {}, content)
    assert failure.exit_code == code
    assert says in failure.message
    assert hint in failure.hint
    assert failure.message.isprintable()
    assert failure.status == status


def test_a_reason_repeats_neither_the_credential_nor_an_address() -> None:
    content = (
        b'{"error": {"message": "key k_secret1 may not read https://u:p@bucket.example/a.jpg?X-Sig=abc \\u0026 go"}}'
    )
    failure = faults.of_answer("start", 400, {}, content, hide="k_secret1")
    assert failure.message == "the gateway answers 400: key *** may not read https://bucket.example/… & go"


@pytest.mark.parametrize(
    ("event", "status", "outcome", "later"),
    [
        ({"type": "error", "message": "unsafe", "errorType": "x", "statusCode": 400}, 400, "refused", False),
        ({"type": "error", "statusCode": 429, "param": {"retryAfter": 7}}, 429, "refused", True),
        ({"type": "error", "statusCode": 503}, 503, "unknown", False),
        ({"type": "error", "statusCode": 409}, 409, "unknown", False),
        ({"type": "error"}, 500, "unknown", False), ({"type": "error", "statusCode": True}, 500, "unknown", False),
        ({"type": "error", "statusCode": "400"}, 500, "unknown", False), ({}, 500, "unknown", False),
    ],
)  # fmt: skip
def test_errors_inside_a_held_open_answer(event: dict[str, object], status: int, outcome: str, later: bool) -> None:
    failure = faults.of_event(event)
    assert (failure.status, failure.outcome, failure.later) == (status, outcome, later)
    assert failure.retry_after == (7 if status == 429 else None)


def test_after_a_try_without_an_answer_a_refusal_settles_nothing() -> None:
    refused = faults.of_answer("start", 402, {}, b"")
    doubt = faults.doubted(refused)
    assert (doubt.outcome, doubt.status, doubt.scope, doubt.later) == ("unknown", 402, "all", False)
    assert doubt.exit_code == 4
    assert doubt.hint == ""
    assert faults.doubted(doubt) is doubt


def test_no_hint_about_an_unknown_outcome_invites_to_pay_again() -> None:
    for kind in exceptions_of(httpx):
        failure = faults.of_exception("start", made(kind))
        assert failure.outcome != "unknown" or not failure.hint
    for status in STATUSES:
        for call in ("start", "generate"):
            row = judge(call, status, "")
            assert row.outcome != "unknown" or not row.hint


def test_a_failure_can_be_given_a_place() -> None:
    failure = faults.of_answer("start", 402, {"retry-after": "3"}, b"")
    moved = failure.at("shot `a`: " + failure.message, Where("film.yaml", 3, 1))
    assert isinstance(moved, CallFailed)
    assert (moved.exit_code, moved.scope, moved.retry_after, moved.hint) == (1, "all", 3, failure.hint)
