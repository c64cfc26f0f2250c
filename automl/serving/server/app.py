"""The server's routes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.message import Message
from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from automl.serving.server.answers import answer
from automl.serving.server.batching import Batcher
from automl.serving.server.guard import Guard
from automl.serving.server.problems import Problem, unprocessable
from automl.serving.server.schemas import model_schema, openapi, takes_top
from automl.serving.server.telemetry import Figures

if TYPE_CHECKING:
    from automl.serving.server.live import Live, Loaded
    from automl.serving.server.settings import Settings

INLINE = 65_536
"""Bytes of a body that is read at once: handing it to a thread would take longer."""


def make_app(live: Live, settings: Settings, is_draining: Callable[[], bool] = lambda: False) -> FastAPI:
    """All routes, around a model that is loaded."""
    figures = Figures(live.current)
    batcher = Batcher(settings.limits.batch, settings.limits.waiting, figures.batch)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        watching = asyncio.create_task(_watch(live, settings.reload, figures))
        yield
        watching.cancel()

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan)

    async def predict(request: Request) -> Response:
        loaded = live.current
        top = _top(request, loaded)
        media_type, parameters = _media_type(request, loaded)
        body = await request.body()
        if len(body) > INLINE:
            inputs = await asyncio.to_thread(loaded.reader.read, body, media_type, parameters)
        else:
            inputs = loaded.reader.read(body, media_type, parameters)
        request.state.inputs = len(inputs)
        try:
            predicted = await asyncio.wait_for(batcher.predict(loaded, inputs), settings.limits.seconds)
        except TimeoutError:
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "The model took too long.", {"Retry-After": "1"}) from None
        return JSONResponse(answer(loaded, predicted, top))

    async def health() -> Response:
        return JSONResponse({"status": "alive"})

    async def ready() -> Response:
        if is_draining():
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "The server is going down.")
        return JSONResponse({"status": "ready", "model": live.current.name, "version": live.current.version})

    async def schema() -> Response:
        return JSONResponse(model_schema(live.current))

    async def document() -> Response:
        return JSONResponse(openapi(live.current))

    async def metrics() -> Response:
        return Response(figures.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    app.add_api_route("/predict", predict, methods=["POST"])
    for path, route in {"/health": health, "/ready": ready, "/schema": schema, "/metrics": metrics}.items():
        app.add_api_route(path, route)
    app.add_api_route("/openapi.json", document)
    _add_docs(app)
    app.add_exception_handler(Problem, _as_problem)
    app.add_exception_handler(HTTPException, _as_problem)
    app.add_middleware(Guard, settings=settings, figures=figures)
    return app


def _top(request: Request, loaded: Loaded) -> int | None:
    unknown = [name for name in request.query_params if name != "top" or not takes_top(loaded.model.task)]
    if unknown:
        raise unprocessable("The only parameter is top, and that of a classification.")
    given = request.query_params.getlist("top")
    if not given:
        return None
    most = loaded.model.task.num_classes
    if len(given) > 1 or not (given[0].isascii() and given[0].isdecimal() and 1 <= int(given[0][:9]) <= most):
        raise unprocessable(f"top must be a whole number from 1 to {most}.")
    return int(given[0])


def _media_type(request: Request, loaded: Loaded) -> tuple[str, dict[str, str]]:
    header = Message()
    header["content-type"] = request.headers.get("content-type", "")
    media_type = header.get_content_type() if header["content-type"] else ""
    if media_type not in loaded.reader.media_types:
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Content-Type must be one of {', '.join(loaded.reader.media_types)}."
        )
    return media_type, dict(header.get_params(failobj=[])[1:])


async def _watch(live: Live, seconds: float, figures: Figures) -> None:
    while True:
        await asyncio.sleep(seconds)
        if await asyncio.to_thread(live.refresh):
            figures.serves(live.current)


def _add_docs(app: FastAPI) -> None:
    """Swagger UI from this machine: who looks at it may have no internet."""
    from fastapi.openapi.docs import get_swagger_ui_html
    from fastapi.staticfiles import StaticFiles
    from swagger_ui_bundle import swagger_ui_path

    async def docs() -> Response:
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="automl",
            swagger_js_url="/docs/files/swagger-ui-bundle.js",
            swagger_css_url="/docs/files/swagger-ui.css",
            swagger_favicon_url="/docs/files/favicon-32x32.png",
        )

    app.add_api_route("/docs", docs)
    app.mount("/docs/files", StaticFiles(directory=swagger_ui_path))


async def _as_problem(_: Request, error: Exception) -> Response:
    if isinstance(error, Problem):
        return error.response()
    assert isinstance(error, HTTPException)
    return Problem(error.status_code, HTTPStatus(error.status_code).description, error.headers).response()
