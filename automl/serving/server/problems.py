"""What went wrong with a request, as RFC 9457 has it. Nothing of a request's body is ever in it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import Response

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """Ends a request.

    Args:
        status: Of HTTP.
        detail: What is wrong, for whoever wrote the client.
    """

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers

    def response(self) -> "Response":
        """As it is sent."""
        from fastapi.responses import JSONResponse

        content = {"title": HTTPStatus(self.status).phrase, "status": self.status, "detail": self.detail}
        return JSONResponse(content, self.status, self.headers, media_type=MEDIA_TYPE)


def unprocessable(detail: str) -> Problem:
    """The body is well-formed, but not what the model takes."""
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
