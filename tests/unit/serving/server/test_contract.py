"""The OpenAPI document holds: schemathesis sends what it allows and what it doesn't."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

from automl.serving.server.app import make_app
from automl.serving.server.live import Live
from automl.serving.server.settings import Limits, Settings

from .conftest import Bundle, Folders

usual = settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)


EVERY = [check for check in CHECKS.get_all() if check.__name__ not in ("ignored_auth",)]
"""No key is asked for here."""
OF_FORM = [check for check in EVERY if check.__name__ != "positive_data_acceptance"]
"""A string of base64 needn't be an image, nor a text a table in CSV."""


def check(live: Any, checks_for: Callable[[Any], list[Any]]) -> None:
    api = schemathesis.openapi.from_asgi("/openapi.json", make_app(live, Settings()))
    operations = [result.ok() for result in api.get_all_operations()]
    assert {operation.path for operation in operations} >= {"/predict", "/ready", "/schema"}
    for operation in operations:
        for mode in GenerationMode:

            @usual
            @given(case=operation.as_strategy(generation_mode=mode))
            def run(case: Any) -> None:
                case.call_and_validate(checks=checks_for(case))

            with suppress(Unsatisfiable):  # there is nothing wrong to be sent to a route without parameters
                run()


def test_rows(table_bundle: Bundle) -> None:
    check(Live(Folders(table_bundle()), Limits()), lambda case: OF_FORM if "csv" in (case.media_type or "") else EVERY)


def test_images(image_bundle: Bundle) -> None:
    check(Live(Folders(image_bundle()), Limits()), lambda _: OF_FORM)


def test_texts(live_texts: Callable[..., Any]) -> None:
    check(live_texts(), lambda _: EVERY)
