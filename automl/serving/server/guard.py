"""What every request passes before it is read: its id, the API key, the size and time it may take; then the log."""

from __future__ import annotations

import asyncio
import hmac
import logging
import re
import time
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from automl.serving.server.problems import Problem

if TYPE_CHECKING:
    from automl.serving.server.settings import Settings
    from automl.serving.server.telemetry import Figures

log = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

OPEN = ("/health", "/ready")
PATHS = (*OPEN, "/predict", "/schema", "/metrics", "/docs", "/openapi.json")
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Guard:
    """Around the app; speaks ASGI itself, which costs a request less than Starlette's own middleware would."""

    def __init__(self, app: App, settings: Settings, figures: Figures) -> None:
        self._app = app
        self._settings = settings
        self._figures = figures

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        given = headers.get(b"x-request-id", "")
        identifier = given if _ID.fullmatch(given) else uuid4().hex
        scope["state"]["id"] = identifier
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), (b"x-request-id", identifier.encode())]
            await send(message)

        try:
            self._admit(scope["path"], headers)
            await self._app(scope, self._counted(receive, started), answer)
        except Exception as error:
            problem = error if isinstance(error, Problem) else _bug(error, identifier)
            if not status:
                await problem.response()(scope, receive, answer)
        finally:
            self._note(scope, identifier, status, time.perf_counter() - started)

    def _admit(self, path: str, headers: dict[bytes, str]) -> None:
        if self._settings.keys and path not in OPEN and not self._has_key(headers):
            raise Problem(
                HTTPStatus.UNAUTHORIZED,
                "An API key is needed: Authorization: Bearer KEY, or X-API-Key: KEY.",
                {"WWW-Authenticate": "Bearer"},
            )
        length = headers.get(b"content-length", "0")
        if length.isdecimal() and int(length) > self._settings.limits.body:
            raise self._too_large()

    def _has_key(self, headers: dict[bytes, str]) -> bool:
        """Compares with all keys, each in constant time: how long it takes tells nothing."""
        scheme, _, token = headers.get(b"authorization", "").partition(" ")
        given = token if scheme.lower() == "bearer" else headers.get(b"x-api-key", "")
        matches = [hmac.compare_digest(given.encode(), key.encode()) for key in self._settings.keys]
        return any(matches)

    def _counted(self, receive: Receive, started: float) -> Receive:
        """Bodies may come without saying how long they are, and slowly."""
        limits, got = self._settings.limits, 0

        async def counted() -> Message:
            nonlocal got
            try:
                left = max(0.0, started + limits.seconds - time.perf_counter())
                message = await asyncio.wait_for(receive(), left)
            except TimeoutError:
                raise Problem(HTTPStatus.REQUEST_TIMEOUT, "The body took too long to arrive.") from None
            got += len(message.get("body", b""))
            if got > limits.body:
                raise self._too_large()
            return message

        return counted

    def _too_large(self) -> Problem:
        most = self._settings.limits.body
        return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A body may have {most:,} bytes.", {"Connection": "close"})

    def _note(self, scope: Message, identifier: str, status: int, seconds: float) -> None:
        path = scope["path"] if scope["path"] in PATHS else "other"
        self._figures.request(path, status, seconds)
        facts = {"id": identifier, "method": scope["method"], "path": path, "status": status}
        facts |= {"ms": round(1000 * seconds, 2), "inputs": scope["state"].get("inputs", 0)}
        log.info("request", extra={"facts": facts})


def _bug(error: Exception, identifier: str) -> Problem:
    """Where it happened is logged, not its message: that might quote the input."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    facts = {"id": identifier, "error": type(error).__name__, "place": f"{place.filename}:{place.lineno}"}
    log.error("bug", extra={"facts": facts})
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "A mistake of the server's; its log has more by the request's id.")
