"""Messages of every form become the same data set."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from automl.data import Dataset, TextPreparation, texts_of
from automl.data.text.demo import write_messages

Load = Callable[..., Dataset]


def messages_of(data: Dataset) -> list[str]:
    return sorted(text for part in (data.train, data.val, data.test) for text in texts_of(part.inputs))


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet", "jsonl"])
def test_a_table_of_any_form_is_read(load: Load, tickets: pd.DataFrame, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"tickets.{suffix}"
    if suffix == "parquet":
        tickets.to_parquet(path)
    elif suffix == "jsonl":
        path.write_text("\n".join(json.dumps(row) for row in tickets.to_dict("records")))
    else:
        tickets.to_csv(path, index=False, sep="\t" if suffix == "tsv" else ",")
    data = load(path)
    assert data.task.class_names == ("cancel", "refund", "track")
    assert (len(data.train), len(data.val), len(data.test)) == (39, 9, 12)
    assert messages_of(data) == sorted(tickets["text"])
    assert data.task.vocabulary_size > 20
    assert data.task.input_shape == (data.preparation.max_length,)  # type: ignore[union-attr]


def test_a_folder_of_three_tables_is_not_split(load: Load, tickets: pd.DataFrame, tmp_path: Path) -> None:
    for split, rows in (("train", tickets[:30]), ("val", tickets[30:45]), ("test", tickets[45:])):
        rows.to_csv(tmp_path / f"{split}.csv", index=False)
    data = load(tmp_path)
    assert texts_of(data.test.inputs) == tickets["text"][45:].tolist()
    assert data.test.ids == tuple(str(number) for number in range(1, 16))


@pytest.mark.parametrize("split", ["", "train"])
def test_a_folder_per_class_is_read(load: Load, tickets: pd.DataFrame, tmp_path: Path, split: str) -> None:
    for number, (text, label) in enumerate(tickets.itertuples(index=False)):
        folder = tmp_path / "texts" / split / label
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.txt").write_text(text)
    data = load(tmp_path / "texts")
    assert messages_of(data) == sorted(tickets["text"])
    assert data.train.ids[0].endswith(".txt")


def test_columns_are_found_and_said(load: Load, tickets: pd.DataFrame) -> None:
    frame = tickets.rename(columns={"text": "body", "label": "Intent"})
    frame.insert(0, "ticket_id", range(1000, 1060))
    frame["channel"] = ["mail", "chat"] * 30
    data = load(frame)
    assert "By their cells: text from body (--text), label from Intent (--target)." in data.report.lines()
    assert isinstance(data.preparation, TextPreparation)
    assert data.preparation.identifier == "ticket_id"


def test_the_only_column_that_repeats_is_the_label(load: Load, tickets: pd.DataFrame) -> None:
    assert load(tickets.rename(columns={"label": "what"})).task.num_classes == 3


def test_several_columns_are_one_message(load: Load, tickets: pd.DataFrame) -> None:
    frame = tickets.assign(subject=["hello"] * 59 + [None])
    data = load(frame, text=("subject", "text"))
    assert messages_of(data)[-1] == tickets["text"].iloc[-1]
    assert "hello\n" + tickets["text"].iloc[0] in messages_of(data)


def test_no_group_is_in_two_splits(load: Load, tickets: pd.DataFrame) -> None:
    data = load(tickets.assign(customer=[number // 6 for number in range(60)]), group="customer")
    groups = [set(part.groups.tolist()) for part in (data.train, data.val, data.test) if part.groups is not None]
    assert len(groups) == 3
    assert not groups[0] & groups[2]


def test_the_report_tells_lengths_and_scripts(load: Load, tickets: pd.DataFrame) -> None:
    frame = tickets.assign(text=[f"{text} где 何" for text in tickets["text"]])
    told = "\n".join(load(frame).report.lines())
    assert "characters at the median" in told
    assert "Script: Latin" in told
    assert "Cyrillic" in told
    assert "CJK" in told


def test_the_demo_is_always_the_same(load: Load, tmp_path: Path) -> None:
    one, other = (load(write_messages(tmp_path / name), rejects="out_of_scope") for name in ("a", "b"))
    assert one.digest == other.digest
    assert one.task.num_classes == 8
    assert len(one.train) + len(one.val) + len(one.test) == 480


def test_the_preparation_travels_as_json(load: Load, tickets: pd.DataFrame) -> None:
    preparation = load(tickets).preparation
    assert isinstance(preparation, TextPreparation)
    again = TextPreparation.from_dict(json.loads(json.dumps(preparation.to_dict())))
    assert (again.tokenize(["where is it"]) == preparation.tokenize(["where is it"])).all()
