"""Bad messages are mended and said, or refused with what is wrong, where, and what to do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from automl.data import Dataset, texts_of
from automl.errors import UserError

Load = Callable[..., Dataset]


def refusal(load: Load, content: Any, **given: Any) -> str:
    with pytest.raises(UserError) as refused:
        load(content, **given)
    return f"{refused.value.message} | {refused.value.hint}"


def told(data: Dataset) -> str:
    return "\n".join(data.report.lines())


def test_a_column_that_is_not_there_has_near_matches(load: Load, tickets: pd.DataFrame) -> None:
    assert "There is no column 'txt' (--text). Columns: text, label. | Did you mean --text text?" in refusal(
        load, tickets, text=("txt",)
    )
    assert "Did you mean --target label?" in refusal(load, tickets, target="lable")


def test_a_table_without_texts_is_refused(load: Load) -> None:
    frame = pd.DataFrame({"a": range(60), "b": [1.5, 2.5] * 30, "label": ["x", "y", "z"] * 20})
    assert "No column of" in refusal(load, frame)


def test_a_table_whose_label_nothing_tells_is_refused(load: Load, tickets: pd.DataFrame) -> None:
    frame = tickets.rename(columns={"label": "a"}).assign(b=["x", "y"] * 30)
    assert "Which column is the label?" in refusal(load, frame)


def test_empty_messages_are_left_out(load: Load, tickets: pd.DataFrame) -> None:
    data = load(tickets.assign(text=["", "  ", *tickets["text"][2:]]))
    assert len(data.train) + len(data.val) + len(data.test) == 58
    assert "2 of 60 messages of" in told(data)
    assert "left out, the first in row 1" in told(data)


def test_too_many_empty_messages_are_refused(load: Load, tickets: pd.DataFrame) -> None:
    frame = tickets.assign(text=[*([""] * 9), *tickets["text"][9:]])
    assert "9 of 60 messages" in refusal(load, frame, text=("text",), target="label")
    data = load(frame, text=("text",), target="label", allow_corrupt=True)
    assert len(data.train) + len(data.val) + len(data.test) == 51


def test_a_text_of_a_megabyte_is_cut(load: Load, tickets: pd.DataFrame) -> None:
    data = load(tickets.assign(text=["long " * 200_000, *tickets["text"][1:]]))
    assert "1 messages are longer than 8,192 bytes (up to 999,999) and were cut there." in told(data)


def test_control_and_null_characters_become_spaces(load: Load, tickets: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "tickets.csv"
    tickets.to_csv(path, index=False)
    path.write_bytes(path.read_bytes().replace(b"parcel number 0", b"parcel\0 \x07number 0"))
    data = load(path)
    texts = [text for part in (data.train, data.val, data.test) for text in texts_of(part.inputs)]
    assert any(text.split() == ["where", "is", "my", "parcel", "number", "0"] for text in texts)
    assert "1 lines of tickets.csv had bytes that are no UTF-8, or null bytes" in told(data)
    assert "1 messages had control or broken characters" in told(data)


def test_a_broken_byte_costs_its_character_alone(load: Load, tickets: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "tickets.csv"
    tickets.to_csv(path, index=False)
    path.write_bytes(path.read_bytes().replace(b"parcel number 0", b"parcel n\xfcmber 0"))
    data = load(path)
    assert "no UTF-8" in told(data)
    assert sum(map(len, (data.train, data.val, data.test))) == 60


def test_a_file_of_another_encoding_is_refused(load: Load, tickets: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "tickets.csv"
    tickets.assign(text=tickets["text"] + " für").to_csv(path, index=False, encoding="latin-1")
    assert "must be text in UTF-8 or UTF-16" in refusal(load, path)


def test_a_label_with_one_example_is_refused(load: Load, tickets: pd.DataFrame) -> None:
    frame = pd.concat([tickets, pd.DataFrame({"text": ["what is love"], "label": ["philosophy"]})])
    assert "Too few in 1 classes: philosophy (1)" in refusal(load, frame)


def test_labels_that_differ_in_case_are_one_class(load: Load, tickets: pd.DataFrame) -> None:
    data = load(tickets.assign(label=["Cancel ", "refund ", "TRACK", *tickets["label"][3:]]))
    assert data.task.class_names == ("cancel", "refund", "track")
    assert "are one class: " in told(data)
    assert "'track' (19) for 'TRACK' (1)" in told(data)


def test_options_of_tables_are_refused_for_a_folder_per_class(load: Load, tmp_path: Path) -> None:
    for label in ("a", "b"):
        (tmp_path / label).mkdir()
        (tmp_path / label / "1.txt").write_text("hello")
    assert "--text is for tables" in refusal(load, tmp_path, text=("body",))
    assert "Each class of label needs at least 3 rows" in refusal(load, tmp_path)


def test_a_folder_without_texts_is_refused(load: Load, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.png").write_text("")
    assert "No texts in" in refusal(load, tmp_path)
