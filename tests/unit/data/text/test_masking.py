"""Personal data are masked where that is asked for, and stay masked in what a model predicts."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from automl.api import as_path
from automl.data import Dataset, TextPreparation, texts_of
from automl.data.text import masking
from automl.errors import UserError

Load = Callable[..., Dataset]


def test_masked_words_never_reach_the_data(load: Load, tickets: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masking, "mask", lambda texts: [text.replace("parcel", "[phone]") for text in texts])
    data = load(tickets, mask_pii=True)
    texts = [text for part in (data.train, data.val, data.test) for text in texts_of(part.inputs)]
    assert not any("parcel" in text for text in texts)
    assert "masked in 20 messages" in "\n".join(data.report.lines())
    assert isinstance(data.preparation, TextPreparation)
    again = TextPreparation.from_dict(data.preparation.to_dict())
    assert texts_of(again.transform(pd.DataFrame({"text": ["my parcel"]}))) == ["my [phone]"]


def test_the_patterns_know_what_they_are_for() -> None:
    pytest.importorskip("presidio_analyzer")
    text = (
        "mail jo.doe@example.com or +1 415-555-2671, card 4111 1111 1111 1111, DE89 3704 0044 0532 0130 00, order 123"
    )
    assert masking.mask([text]) == ["mail [email] or [phone], card [card], [iban], order 123"]


def test_without_the_package_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "presidio_analyzer", None)
    masking._recognizers.cache_clear()
    with pytest.raises(UserError, match="needs presidio-analyzer") as refused:
        masking.mask(["hello"])
    assert "automl[privacy]" in str(refused.value.hint)


def test_a_frame_is_masked_before_it_is_written(tickets: pd.DataFrame, tmp_path: Path) -> None:
    pytest.importorskip("presidio_analyzer")
    frame = tickets.assign(text=tickets["text"] + " jo.doe@example.com", number=1)
    written = pd.read_parquet(as_path(frame, tmp_path, mask_pii=True))
    assert written["text"].tolist() == [f"{text} [email]" for text in tickets["text"]]
    assert written["number"].tolist() == [1] * 60
