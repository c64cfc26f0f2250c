"""Bodies of requests: JSON of one key whose value is a list of inputs."""

import json
from http import HTTPStatus
from typing import Any, NoReturn

from automl.serving.server.problems import Problem, unprocessable


def json_inputs(body: bytes, key: str, most: int) -> list[Any]:
    """The list below `key`, the only one.

    Raises:
        Problem: It isn't JSON, or not of this form, or has more than `most` inputs.
    """
    try:
        content = json.loads(body, parse_constant=_no_json)
        body.decode("utf-8")
        json.dumps(content, ensure_ascii=False).encode("utf-8")  # a lone surrogate is no text
    except (ValueError, RecursionError):
        raise Problem(HTTPStatus.BAD_REQUEST, "The body isn't valid JSON in UTF-8.") from None
    if not isinstance(content, dict) or set(content) != {key}:
        raise unprocessable(f'The body must be a JSON object with the one key "{key}".')
    inputs = content[key]
    if not isinstance(inputs, list):
        raise unprocessable(f'"{key}" must be a list.')
    check_count(len(inputs), most)
    return inputs


def check_count(count: int, most: int) -> None:
    """Raises a Problem where there are no inputs, or too many."""
    if count < 1:
        raise unprocessable("There is nothing to predict.")
    if count > most:
        raise Problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A request may have {most} inputs; this one has {count}. Split it."
        )


def decoded(body: bytes) -> str:
    """A body of text.

    Raises:
        Problem: It isn't UTF-8.
    """
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Problem(HTTPStatus.BAD_REQUEST, "The body isn't text in UTF-8.") from None


def _no_json(_: str) -> NoReturn:
    raise ValueError
