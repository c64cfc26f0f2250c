"""Messages over HTTP."""

from collections.abc import Callable
from typing import Any

from .conftest import Serve

LiveTexts = Callable[..., Any]


def test_texts_and_a_plain_text_are_answered(live_texts: LiveTexts, serve: Serve) -> None:
    client = serve(live=live_texts())
    answer = client.post("/predict", json={"texts": ["where is my card", "WHERE!!!!"]}).json()
    assert [row["prediction"] for row in answer["predictions"]] == ["calm", "loud"]
    plain = client.post("/predict", content="Wo?!!!! \u00fc", headers={"content-type": "text/plain; charset=utf-8"})
    assert plain.json()["predictions"][0]["prediction"] == "loud"


def test_a_message_of_several_columns_is_an_object(live_texts: LiveTexts, serve: Serve) -> None:
    client = serve(live=live_texts(columns=("subject", "body")))
    answer = client.post("/predict", json={"texts": [{"subject": "card!!", "body": "now!!"}]}).json()
    assert answer["predictions"][0]["probabilities"] == {"calm": 0.0, "loud": 1.0}
    assert client.post("/predict", json={"texts": ["card!!"]}).status_code == 422
    assert client.post("/predict", json={"texts": [{"subject": "card!!"}]}).status_code == 422


def test_what_is_no_text_is_refused(live_texts: LiveTexts, serve: Serve) -> None:
    client = serve(live=live_texts())
    assert client.post("/predict", json={"texts": [1]}).status_code == 422
    surrogate = client.post("/predict", content=b'{"texts": ["\\ud800"]}', headers={"content-type": "application/json"})
    assert surrogate.status_code == 400
    broken = client.post("/predict", content=b"\xff", headers={"content-type": "text/plain"})
    assert broken.status_code == 400
