"""Rows of a table over HTTP."""

import json
from typing import Any

import pytest

from automl.serving.server.settings import Limits
from automl.training.trained import TrainedModel

from .conftest import FRAME, Bundle, Serve

ROWS = json.loads(FRAME.to_json(orient="records"))


def test_rows_are_predicted_as_the_model_predicts_them(table_bundle: Bundle, serve: Serve) -> None:
    folder = table_bundle()
    answer = serve(folder).post("/predict", json={"rows": ROWS}).json()
    outputs = TrainedModel.load(folder).predict(FRAME)
    assert [list(row["probabilities"].values()) for row in answer["predictions"]] == outputs.tolist()
    assert {row["prediction"] for row in answer["predictions"]} <= {"no", "yes"}
    assert (answer["model"], answer["version"]) == ("bank", "1")


def test_csv_gives_what_json_gives(table_bundle: Bundle, serve: Serve) -> None:
    client = serve(table_bundle())
    by_json = client.post("/predict", json={"rows": ROWS}).json()
    by_csv = client.post("/predict", content=FRAME.to_csv(index=False), headers={"content-type": "text/csv"}).json()
    assert by_csv == by_json


def test_top_leaves_the_likeliest_classes(table_bundle: Bundle, serve: Serve) -> None:
    prediction = serve(table_bundle()).post("/predict?top=1", json={"rows": ROWS[:1]}).json()["predictions"][0]
    assert list(prediction["probabilities"]) == [prediction["prediction"]]


def test_columns_that_the_model_has_not_learned_from_change_nothing(table_bundle: Bundle, serve: Serve) -> None:
    client = serve(table_bundle())
    more = [{**row, "shoe size": [43]} for row in ROWS]
    assert client.post("/predict", json={"rows": more}).json() == client.post("/predict", json={"rows": ROWS}).json()


def test_cells_that_can_not_be_read_are_told_without_being_shown(table_bundle: Bundle, serve: Serve) -> None:
    rows = [ROWS[0], {**ROWS[1], "since": "soon, very secret"}]
    answer = serve(table_bundle()).post("/predict", json={"rows": rows})
    assert answer.json()["notes"] == ["since of row 1 isn't readable as date and counts as missing."]
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"age": "forty"}, "age is numeric"),
        ({"age": True}, "age is numeric"),
        ({"age": 1e39}, "age is numeric"),
        ({"since": 20200131}, "since is date"),
        ({"city": ["Rome"]}, "city is categorical"),
        ({"city": {"name": "Rome"}}, "city is categorical"),
    ],
)
def test_a_cell_of_a_wrong_type_is_refused(table_bundle: Bundle, serve: Serve, row: dict[str, Any], told: str) -> None:
    answer = serve(table_bundle()).post("/predict", json={"rows": [{**ROWS[0], **row}]})
    assert answer.status_code == 422 and told in answer.json()["detail"]
    assert "Rome" not in answer.text and "forty" not in answer.text


def test_a_missing_column_is_named(table_bundle: Bundle, serve: Serve) -> None:
    client = serve(table_bundle())
    without = {name: cell for name, cell in ROWS[0].items() if name != "city"}
    answer = client.post("/predict", json={"rows": [without]})
    assert answer.status_code == 422 and "1 of the 4 columns" in answer.json()["detail"]
    by_csv = client.post("/predict", content="age,city\n1,Rome\n", headers={"content-type": "text/csv"})
    assert by_csv.status_code == 422 and "since, member" in by_csv.json()["detail"]


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b'{"rows": [NaN]}', 400),
        (b"[" * 100_000, 400),
        (b"[]", 422),
        (b'{"rows": {}}', 422),
        (b'{"rows": []}', 422),
        (b'{"rows": [1]}', 422),
        (b'{"rows": [], "more": 1}', 422),
    ],
)
def test_a_body_of_another_form_is_refused(table_bundle: Bundle, serve: Serve, content: bytes, status: int) -> None:
    answer = serve(table_bundle()).post("/predict", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "content",
    ["", "age,city,since,member\n", "age,age\n1,2\n", "age,city,since,member\n1,Rome\n", 'age,city,since,member\n"1'],
)
def test_csv_of_another_form_is_refused(table_bundle: Bundle, serve: Serve, content: str) -> None:
    answer = serve(table_bundle()).post("/predict", content=content, headers={"content-type": "text/csv"})
    assert answer.status_code in (400, 422)


def test_more_rows_than_a_request_may_have_are_refused(table_bundle: Bundle, serve: Serve) -> None:
    client = serve(table_bundle(), limits=Limits(batch=3))
    assert client.post("/predict", json={"rows": ROWS[:3]}).status_code == 200
    answer = client.post("/predict", json={"rows": ROWS[:4]})
    assert answer.status_code == 413 and "may have 3 inputs; this one has 4" in answer.json()["detail"]


def test_a_regression_answers_with_numbers(table_bundle: Bundle, serve: Serve) -> None:
    folder = table_bundle(kind="table-regression", num_outputs=1, class_names=())
    client = serve(folder)
    answer = client.post("/predict", json={"rows": ROWS[:2]}).json()
    assert all(isinstance(row["prediction"], float) for row in answer["predictions"])
    assert client.post("/predict?top=1", json={"rows": ROWS[:2]}).status_code == 422
