"""How the gateway says no: one shape, before a stream opens and inside it."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse

Json = dict[str, Any]


class Refusal(Exception):
    """A request that is answered with an error: its HTTP status, the wire's type, a sentence, and the field."""

    def __init__(self, status: int, kind: str, message: str, param: object = None) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message
        self.param = param

    def response(self) -> JSONResponse:
        """The refusal as an ordinary answer."""
        error: Json = {"message": self.message, "type": self.kind, "param": self.param, "code": self.status}
        headers = {"www-authenticate": "Bearer"} if self.status == 401 else None
        return JSONResponse({"error": error}, self.status, headers)

    def event(self) -> Json:
        """The refusal as the one event of a stream that is already open."""
        return {
            "type": "error",
            "message": self.message,
            "errorType": self.kind,
            "statusCode": self.status,
            "param": self.param,
        }


def unsupported(feature: str, details: str) -> Json:
    """A warning that a part of the request is ignored."""
    return {"type": "unsupported", "feature": feature, "details": details}


def invalid(message: str, param: object = None) -> Refusal:
    """The request is wrong: 400."""
    return Refusal(400, "invalid_request_error", message, param)
