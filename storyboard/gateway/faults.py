"""What can go wrong with a call, in one table: what it means for money, how far it reaches, and what to try.

    not-sent   nothing left this machine
    refused    the gateway said no, and nothing was started
    unknown    a charge may exist

Whoever is in doubt here says unknown. A row for every exception of httpx is a matter of a test.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import httpx

from storyboard.errors import StoryboardError
from storyboard.gateway import wire

Outcome = Literal["not-sent", "unknown", "refused"]
Scope = Literal["shot", "model", "all"]
"""How far a failure reaches: no further order of this model, or of any, has a chance."""
Call = Literal["start", "status", "generate"]

ENDLESS = 1_000
FEW = 2
"""How often an internal error, or an answer that cannot be read, is asked for again."""


class CallFailed(StoryboardError):
    """A call that came to nothing. `exit_code` is 1 when that is for good, else 4."""

    def __init__(
        self, message: str, *, outcome: Outcome = "unknown", status: int | None = None, scope: Scope = "shot",
        later: bool = False, hint: str = "",
    ) -> None:  # fmt: skip
        super().__init__(message, hint=hint)
        self.outcome = outcome
        self.status = status
        """The HTTP status, where there was one."""
        self.scope = scope
        self.retry_after: float | None = None
        """Seconds that the gateway wants to be left alone for."""
        self.later = later
        """Whether the very same call may work later."""
        self.most = ENDLESS
        """How often it is worth a try again, at the most."""
        self.exit_code = 4 if later or outcome == "unknown" else 1


@dataclass(frozen=True, slots=True)
class Row:
    """What one thing that can be seen means."""

    outcome: Outcome
    later: bool
    says: str = ""
    scope: Scope = "shot"
    hint: str = ""


_UNREACHED = Row("not-sent", later=True, says="it cannot be reached")
_CUT = Row("unknown", later=True, says="the line was cut")
_SILENT = Row("unknown", later=True, says="it fell silent")
_STRANGE = Row("unknown", later=True, says="the line broke before there was a whole answer")
_OURS = Row("not-sent", later=False, says="the call could not be written")
_MUDDLED = Row("unknown", later=False, says="its answer could not be taken in")

EXCEPTIONS: Mapping[type[Exception], Row] = {
    httpx.ConnectError: _UNREACHED,
    httpx.ConnectTimeout: _UNREACHED,
    httpx.PoolTimeout: Row("not-sent", later=True, says="no line to it was free"),
    httpx.ProxyError: Row("not-sent", later=False, says="a proxy stands in the way"),
    httpx.UnsupportedProtocol: _OURS,
    httpx.InvalidURL: _OURS,
    httpx.LocalProtocolError: _OURS,
    httpx.RequestNotRead: _OURS,
    httpx.ReadTimeout: _SILENT,
    httpx.WriteTimeout: _SILENT,
    httpx.TimeoutException: _SILENT,
    TimeoutError: Row("unknown", later=True, says="it did not answer in time"),
    httpx.ReadError: _CUT,
    httpx.WriteError: _CUT,
    httpx.CloseError: _CUT,
    httpx.NetworkError: _CUT,
    OSError: _CUT,
    httpx.RemoteProtocolError: _STRANGE,
    httpx.ProtocolError: _STRANGE,
    httpx.TransportError: _STRANGE,
    httpx.DecodingError: Row("unknown", later=True, says="its answer cannot be unpacked"),
    wire.BadAnswer: Row("unknown", later=True, says="its answer cannot be read"),
    httpx.RequestError: _MUDDLED,
    httpx.HTTPError: _MUDDLED,
    httpx.HTTPStatusError: _MUDDLED,
    httpx.TooManyRedirects: _MUDDLED,
    httpx.CookieConflict: _MUDDLED,
    httpx.StreamError: _MUDDLED,
    httpx.StreamConsumed: _MUDDLED,
    httpx.StreamClosed: _MUDDLED,
    httpx.ResponseNotRead: _MUDDLED,
}
"""What an exception of a call means. A class that is missing is judged as its nearest base."""

SEEN = tuple(EXCEPTIONS)
"""What a call catches; anything else is a mistake of this program."""

_DISTRUSTED = Row(
    "not-sent", later=False, says="its certificate is not trusted here", scope="all",
    hint="is the address right, and does something on the way open what is encrypted?",
)  # fmt: skip
_BUSY = Row("refused", later=True, hint="run it again later")
_LOST = Row("unknown", later=True)
_UNSETTLED = Row("unknown", later=False)
_NO = Row("refused", later=False)
_MOVED = Row("refused", later=False, scope="all", hint="set `gateway.url` to where the gateway is now")
_NO_KEY = Row("refused", later=False, scope="all", hint="check AI_GATEWAY_API_KEY, or VERCEL_OIDC_TOKEN")
_NO_MONEY = Row("refused", later=False, scope="all", hint="add credit to the gateway's account, or raise its budget")
_NO_CARD = Row("refused", later=False, scope="all", hint="the gateway's account needs a payment card")
_FORBIDDEN = Row("refused", later=False, scope="model", hint="the account may not use this model")
_NO_MODEL = Row("refused", later=False, scope="model", hint="`storyboard models` lists the models that are known")
_NO_ROUTE = Row("refused", later=False, hint="does `gateway.url` end in /v4/ai?")
_TOO_LARGE = Row("refused", later=False, hint="host the stills: docs/hosting.md")

_PASSING = (408, 409, 425)


def of_exception(call: Call, error: Exception) -> CallFailed:
    """What an exception of `SEEN` means. The exception itself, which may show an address, is left behind."""
    row = next(EXCEPTIONS[one] for one in type(error).__mro__ if one in EXCEPTIONS)
    if row is _UNREACHED and any(isinstance(one, ssl.SSLCertVerificationError) for one in _causes(error)):
        row = _DISTRUSTED
    detail = f": {error}" if isinstance(error, wire.BadAnswer) else ""
    hint = row.hint or ("" if row.outcome == "unknown" else "run it again" if row.later else "")
    message = f"the gateway: {row.says}{detail}"
    later = row.later and may_repeat(call, row.outcome)
    failure = CallFailed(message, outcome=row.outcome, scope=row.scope, later=later, hint=hint)
    failure.most = FEW if isinstance(error, wire.BadAnswer | httpx.DecodingError) else ENDLESS
    return failure


def may_repeat(call: Call, outcome: Outcome) -> bool:
    """Whether a call that ended so can be sent again without paying twice: a held-open one has no key."""
    return call != "generate" or outcome != "unknown"


def _causes(error: BaseException) -> Iterator[BaseException]:
    one: BaseException | None = error
    while one is not None:
        yield one
        one = one.__cause__ or one.__context__


def judge(call: Call, status: int, kind: str, shaped: bool = True) -> Row:
    """What an answer that is not 2xx means: `kind` is its error's type, `shaped` whether it is as agreed."""
    if call == "status":
        return _judge_status(status, kind, shaped)
    if status == 429:
        return _BUSY
    if status in _PASSING or 500 <= status < 600:
        return _LOST if call == "start" else _UNSETTLED
    if status == 422 and call == "start":  # the key is known with other bytes: somebody's order exists
        return _UNSETTLED
    if status in (301, 302, 307, 308):
        return _MOVED
    if not 400 <= status < 500:
        return _UNSETTLED
    if status == 403:
        return _NO_CARD if kind == "customer_verification_required" else _FORBIDDEN
    if status == 404:
        return _NO_MODEL if kind == "model_not_found" else _NO if shaped else _NO_ROUTE
    return {401: _NO_KEY, 402: _NO_MONEY, 413: _TOO_LARGE}.get(status, _NO)


def _judge_status(status: int, kind: str, shaped: bool) -> Row:
    """An order that is asked after exists. It is gone only where the gateway itself says so, in its own words."""
    if status in (404, 410) and shaped and kind != "model_not_found":
        return _NO
    if status == 429 or status in _PASSING or status >= 500:
        return _LOST
    return replace({401: _NO_KEY, 402: _NO_MONEY, 403: _NO_CARD}.get(status, _NO), outcome="unknown")


def of_answer(call: Call, status: int, headers: Mapping[str, str], content: bytes, hide: str = "") -> CallFailed:
    """What an answer that is not 2xx means, in one sentence with the provider's reason; `hide` is never repeated."""
    try:
        value = wire.parse_json(content)
    except wire.BadAnswer:
        value = {}
    error = value.get("error")
    shaped = isinstance(error, dict)
    return _failed(call, status, error if isinstance(error, dict) else {}, headers, shaped, hide)


def of_event(event: Mapping[str, Any], hide: str = "") -> CallFailed:
    """What an error inside a held-open answer means: its own status counts, and 500 where it has none."""
    status = event.get("statusCode")
    known = isinstance(status, int) and not isinstance(status, bool)
    error = {**event, "type": event.get("errorType")}
    return _failed("generate", status if known else 500, error, {}, True, hide)  # type: ignore[arg-type]


def _failed(
    call: Call, status: int, error: Mapping[str, Any], headers: Mapping[str, str], shaped: bool, hide: str
) -> CallFailed:
    row = judge(call, status, str(error.get("type") or ""), shaped)
    reason = error.get("message")
    text = wire.printable(reason, hide) if isinstance(reason, str) else ""
    failure = CallFailed(
        f"the gateway answers {status}: {text or 'no reason given'}",
        outcome=row.outcome, status=status, scope=row.scope, later=row.later, hint=row.hint,
    )  # fmt: skip
    failure.retry_after = wire.read_floor(headers, error)
    failure.most = FEW if status == 500 else ENDLESS
    return failure


def doubted(failure: CallFailed) -> CallFailed:
    """A failure after a try that had no answer: whatever is said now, that try may have been heard."""
    if failure.outcome == "unknown":
        return failure
    doubt = CallFailed(
        f"{failure.message}; an earlier try had no answer",
        outcome="unknown", status=failure.status, scope=failure.scope, later=failure.later,
    )  # fmt: skip
    doubt.retry_after = failure.retry_after
    doubt.most = failure.most
    return doubt


def encode(value: object) -> bytes:
    """JSON as it is sent: compact, and never a number that is not finite."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()
