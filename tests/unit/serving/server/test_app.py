"""Keys, ids, limits, figures and versions of the server."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from automl.serving.server import live as live_module
from automl.serving.server.app import make_app
from automl.serving.server.live import Live
from automl.serving.server.settings import Limits, Settings
from automl.serving.server.telemetry import JsonLines

from .conftest import Bundle, Folders, Serve, Shouting

LiveTexts = Callable[..., Any]
HELLO = {"texts": ["hello"]}


def test_a_key_is_asked_for_but_by_the_health_checks(live_texts: LiveTexts, serve: Serve) -> None:
    client = serve(live=live_texts(), keys=("one", "two"))
    assert client.get("/health").status_code == client.get("/ready").status_code == 200
    for path in ("/schema", "/metrics", "/docs", "/openapi.json"):
        assert client.get(path).status_code == 401
    refused = client.post("/predict", json=HELLO, headers={"x-api-key": "three"})
    assert refused.status_code == 401 and refused.headers["www-authenticate"] == "Bearer"
    assert client.post("/predict", json=HELLO, headers={"x-api-key": "two"}).status_code == 200
    assert client.post("/predict", json=HELLO, headers={"authorization": "Bearer one"}).status_code == 200


def test_a_request_keeps_its_id_or_is_given_one(live_texts: LiveTexts, serve: Serve) -> None:
    client = serve(live=live_texts())
    assert client.get("/health", headers={"x-request-id": "abc-1"}).headers["x-request-id"] == "abc-1"
    given = client.get("/health", headers={"x-request-id": "<script>"}).headers["x-request-id"]
    assert given.isalnum() and len(given) == 32


def test_a_body_over_the_limit_is_refused_whether_or_not_it_says_its_size(live_texts: LiveTexts, serve: Serve) -> None:
    client = serve(live=live_texts(), limits=Limits(body=1000))

    def chunks() -> Iterator[bytes]:
        for _ in range(20):
            yield b" " * 100

    for content in (b" " * 2000, chunks()):
        answer = client.post("/predict", content=content, headers={"content-type": "application/json"})
        assert answer.status_code == 413 and "1,000 bytes" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("GET", "/predict", 405), ("POST", "/health", 405), ("POST", "/predict", 415)],
)
def test_every_error_is_a_problem(live_texts: LiveTexts, serve: Serve, method: str, path: str, status: int) -> None:
    answer = serve(live=live_texts()).request(method, path)
    assert answer.status_code == answer.json()["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("query", ["top=0", "top=3", "top=x", "top=1&top=2", "bottom=1", "top=", "top=%C2%B2"])
def test_a_wrong_parameter_is_refused(live_texts: LiveTexts, serve: Serve, query: str) -> None:
    assert serve(live=live_texts()).post(f"/predict?{query}", json=HELLO).status_code == 422


def test_a_bug_shows_and_logs_nothing_of_the_input(
    live_texts: LiveTexts, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    answer = serve(live=live_texts()).post("/predict", json={"texts": [Shouting.fails_at]})
    lines = [JsonLines().format(record) for record in caplog.records if record.name.startswith("automl.")]
    assert answer.status_code == 500 and "secret" not in answer.text
    bug = next(json.loads(line) for line in lines if '"bug"' in line)
    assert bug["error"] == "RuntimeError" and bug["id"] == answer.headers["x-request-id"]
    assert "secret" not in "".join(lines)


def test_metrics_count_requests_and_inputs(live_texts: LiveTexts, serve: Serve) -> None:
    client = serve(live=live_texts())
    client.post("/predict", json={"texts": ["a", "b", "c"]})
    client.get("/somewhere/else")
    text = client.get("/metrics").text
    assert 'automl_requests_total{path="/predict",status="200"} 1.0' in text
    assert 'automl_requests_total{path="other",status="404"} 1.0' in text
    assert "automl_batch_inputs_sum 3.0" in text
    assert 'automl_model{name="support",version="3"} 1.0' in text


def test_the_schema_and_the_docs_describe_the_model(live_texts: LiveTexts, serve: Serve) -> None:
    client = serve(live=live_texts())
    assert client.get("/schema").json()["classes"] == ["calm", "loud"]
    page = client.get("/docs").text
    assert "https://" not in page  # who looks at it may have no internet
    for file in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert f"/docs/files/{file}" in page and client.get(f"/docs/files/{file}").status_code == 200


def test_a_server_that_goes_down_is_not_ready(live_texts: LiveTexts) -> None:
    from starlette.testclient import TestClient

    client = TestClient(make_app(live_texts(), Settings(), lambda: True))
    assert client.get("/ready").status_code == 503
    assert client.get("/health").status_code == 200


def test_the_next_version_is_taken_and_a_broken_one_is_not(table_bundle: Bundle, serve: Serve) -> None:
    source = Folders(table_bundle(0))
    live = Live(source, Limits())
    first = live.current
    assert not live.refresh() and live.current is first
    source.folders.append(table_bundle(1))
    assert live.refresh() and live.current.version == "2"
    source.folders.append(source.folders[0] / "nothing")
    assert not live.refresh() and live.current.version == "2"


def test_a_source_that_is_away_changes_nothing(table_bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    live = live_module.Live(source := Folders(table_bundle(0)), Limits())

    def away() -> str:
        raise ConnectionError

    monkeypatch.setattr(source, "version", away)
    assert not live.refresh() and live.current.version == "1"
