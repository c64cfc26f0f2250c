"""The server's OpenAPI document, made of what the model takes and gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automl.serving.server.problems import MEDIA_TYPE

if TYPE_CHECKING:
    from automl.components.task import Task
    from automl.serving.server.live import Loaded

VERSION = "3.0.3"
"""Of OpenAPI: the newest that Swagger UI's bundled release shows."""

PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["title", "status", "detail"],
    "properties": {"title": {"type": "string"}, "status": {"type": "integer"}, "detail": {"type": "string"}},
}
ENTITY: dict[str, Any] = {
    "type": "object",
    "required": ["text", "label", "start", "end", "probability"],
    "properties": {
        "text": {"type": "string"},
        "label": {"type": "string"},
        "start": {"type": "integer", "minimum": 0},
        "end": {"type": "integer", "minimum": 1},
        "probability": {"type": "number", "minimum": 0, "maximum": 1.0001},
    },
}
REFUSALS = {
    "400": "The body can't be read",
    "401": "No API key, or a wrong one",
    "408": "The body took too long to arrive",
    "413": "The body is too large, or has too many inputs",
    "415": "The model doesn't take bodies of this media type",
    "422": "The body isn't what the model takes",
    "503": "Too many wait, or the model took too long",
}


def listed(key: str, one: dict[str, Any], most: int) -> dict[str, Any]:
    """Of a body that is an object with one list."""
    return {
        "type": "object",
        "required": [key],
        "properties": {key: {"type": "array", "items": one, "minItems": 1, "maxItems": most}},
        "additionalProperties": False,
    }


def model_schema(loaded: Loaded) -> dict[str, Any]:
    """What the model takes and gives."""
    return {
        "model": loaded.name,
        "version": loaded.version,
        "task": loaded.model.task.kind,
        "classes": list(loaded.model.task.class_names),
        "input": loaded.reader.schemas(),
        "output": _answers(loaded.model.task),
    }


def openapi(loaded: Loaded) -> dict[str, Any]:
    """The document of all that is served."""
    text = {"text/plain": {"schema": {"type": "string"}}}
    return {
        "openapi": VERSION,
        "info": {"title": f"{loaded.name} {loaded.version}", "version": loaded.version, "description": _about(loaded)},
        "components": {
            "schemas": {"Problem": PROBLEM},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
        "paths": {
            "/predict": {"post": _predict(loaded)},
            "/health": {"get": _get("Whether the process is alive", "200", _object(), ())},
            "/ready": {"get": _get("Whether it takes requests", "200", _object(), ("503",))},
            "/schema": {"get": _get("What the model takes and gives", "200", _object(), ("401",))},
            "/metrics": {"get": _get("Figures for Prometheus", "200", text, ("401",))},
        },
        "security": [{}, {"bearer": []}, {"key": []}],
    }


def _about(loaded: Loaded) -> str:
    return f"{loaded.model.task.kind} by version {loaded.version} of the registered model {loaded.name}."


def _predict(loaded: Loaded) -> dict[str, Any]:
    top = {
        "name": "top",
        "in": "query",
        "description": "Only so many of the likeliest classes.",
        "schema": {"type": "integer", "minimum": 1, "maximum": max(1, loaded.model.task.num_classes)},
    }
    content = {media_type: {"schema": schema} for media_type, schema in loaded.reader.schemas().items()}
    return {
        "operationId": "predict",
        "summary": "Predictions, one for each input, in their order",
        "parameters": [top] if takes_top(loaded.model.task) else [],
        "requestBody": {"required": True, "content": content},
        "responses": {
            "200": {
                "description": "Predictions",
                "content": {"application/json": {"schema": _answers(loaded.model.task)}},
            },
            **_refusals(REFUSALS),
        },
    }


def _get(summary: str, status: str, content: dict[str, Any], refusals: tuple[str, ...]) -> dict[str, Any]:
    return {
        "summary": summary,
        "responses": {status: {"description": summary, "content": content}, **_refusals(refusals)},
    }


def _refusals(statuses: Any) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": REFUSALS[status], "content": content} for status in statuses}


def _object() -> dict[str, Any]:
    return {"application/json": {"schema": {"type": "object"}}}


def takes_top(task: Task) -> bool:
    """Whether the likeliest classes can be asked for: each input has one."""
    return task.is_classification and not task.is_per_word


def _answers(task: Task) -> dict[str, Any]:
    prediction: dict[str, Any] = {"prediction": {"type": "number"}}
    if task.is_per_word:
        prediction = {"entities": {"type": "array", "items": ENTITY}}
    elif task.is_classification:
        share = {"type": "number", "minimum": 0, "maximum": 1.0001}
        prediction = {
            "prediction": {"type": "string"},
            "probabilities": {"type": "object", "additionalProperties": share},
        }
    elif task.num_outputs > 1:
        prediction = {"prediction": {"type": "array", "items": {"type": "number"}}}
    one = {"type": "object", "required": list(prediction), "properties": prediction}
    return {
        "type": "object",
        "required": ["model", "version", "predictions"],
        "properties": {
            "model": {"type": "string"},
            "version": {"type": "string"},
            "predictions": {"type": "array", "items": one},
            "notes": {"type": "array", "items": {"type": "string"}},
        },
    }
