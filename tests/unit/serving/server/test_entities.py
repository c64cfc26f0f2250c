"""What words are, over HTTP."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from automl.components import Task
from automl.data import Marked, TextPreparation, lay, texts_of
from automl.serving.server.live import Loaded
from automl.serving.server.reader import reader_for
from automl.serving.server.settings import Limits
from automl.serving.table import answers
from automl.training.entities import Entity, entities_of

from .conftest import Serve

NAMES = ("O", "B-NAME", "I-NAME")
TASK = Task(kind="token-classification", num_outputs=3, input_shape=(8,), class_names=NAMES, vocabulary_size=9)


class Capitals:
    """Takes words with a capital for names, and those behind one for more of it."""

    task = TASK
    threshold = None
    rejection = None
    preparation = TextPreparation.fit_words(["who is Ann"], "text", 4)

    def predict(self, rows: np.ndarray) -> np.ndarray:
        words = [word for text in texts_of(rows) for word in text.split(" ")]
        is_name = np.array([word[:1].isupper() for word in words], int)
        begins = is_name * (1 + np.append(0, is_name[:-1]))
        return np.eye(3, dtype=np.float32)[begins] * 0.7 + 0.1 if words else np.zeros((0, 3), np.float32)

    def entities(self, messages: list[str]) -> list[list[Entity]]:
        marked = [Marked.of(message) for message in messages]
        return entities_of(marked, self.predict(lay(marked, self.preparation.words)), self.task.class_names)


@pytest.fixture
def client(serve: Serve) -> Any:
    model: Any = Capitals()
    loaded = Loaded("names", "1", model, reader_for(model.preparation, Limits()))
    return serve(live=SimpleNamespace(current=loaded, refresh=lambda: False))


def test_texts_are_answered_with_their_entities(client: Any) -> None:
    texts = ["who is Ann Lee?", "", "nobody", "  Bob met  the four others Mia"]
    found = client.post("/predict", json={"texts": texts}).json()["predictions"]
    assert found[0] == {"entities": [{"text": "Ann Lee", "label": "NAME", "start": 7, "end": 14, "probability": 0.8}]}
    assert found[1:3] == [{"entities": []}, {"entities": []}]
    assert [(one["start"], one["end"]) for one in found[3]["entities"]] == [(2, 5), (27, 30)]


def test_one_text_may_be_the_body(client: Any) -> None:
    answer = client.post("/predict", content="Ann", headers={"Content-Type": "text/plain"})
    assert answer.json()["predictions"][0]["entities"][0]["text"] == "Ann"


def test_likeliest_classes_are_not_asked_for(client: Any) -> None:
    assert client.post("/predict?top=2", json={"texts": ["Ann"]}).status_code == 422


def test_the_schema_has_entities(client: Any) -> None:
    schema = client.get("/schema").json()
    one = schema["output"]["properties"]["predictions"]["items"]["properties"]["entities"]["items"]
    assert set(one["properties"]) == {"text", "label", "start", "end", "probability"}
    assert client.get("/openapi.json").json()["paths"]["/predict"]["post"]["parameters"] == []


@pytest.mark.parametrize("body", [{"texts": [1]}, {"texts": []}, {"rows": []}])
def test_what_is_no_text_is_refused(client: Any, body: dict[str, Any]) -> None:
    assert client.post("/predict", json=body).status_code == 422


def test_a_frame_is_answered_by_a_row_each(make_frame: Callable[..., Any]) -> None:
    table = answers(Capitals(), make_frame(["who is Ann", "nobody"]))  # type: ignore[arg-type]
    assert list(table) == ["entities"]
    assert table["entities"].tolist() == [
        '[{"text": "Ann", "label": "NAME", "start": 7, "end": 10, "probability": 0.8}]',
        "[]",
    ]


@pytest.fixture
def make_frame() -> Callable[..., Any]:
    import pandas as pd

    return lambda texts: pd.DataFrame({"text": texts})


def test_an_entity_is_as_sure_as_its_least_sure_word() -> None:
    predicted = np.array([[0.1, 0.8, 0.1], [0.2, 0.2, 0.6], [0.9, 0.1, 0.0]])
    ((found,),) = entities_of([Marked.of("Ann Lee ran")], predicted, NAMES)
    assert (found.text, found.probability) == ("Ann Lee", 0.6)
