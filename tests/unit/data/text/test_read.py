"""What is to be predicted may be a table, a message per line, or a folder of texts."""

from pathlib import Path

import pandas as pd
import pytest

from automl.data.text.read import read_message_blocks
from automl.errors import UserError


def read(path: Path, columns: tuple[str, ...] = ("text",)) -> pd.DataFrame:
    return pd.concat(read_message_blocks(path, columns), ignore_index=True)


def test_a_text_file_has_a_message_per_line(tmp_path: Path) -> None:
    path = tmp_path / "messages.txt"
    path.write_text("where is it, please\nhello\n", "utf-8")
    assert read(path)["text"].tolist() == ["where is it, please", "hello"]
    assert read(path, ("subject", "body"))["body"].tolist() == ["", ""]


def test_a_text_file_that_names_the_columns_is_a_table(tmp_path: Path) -> None:
    path = tmp_path / "messages.txt"
    path.write_text("id\ttext\n7\thello\n", "utf-8")
    assert read(path).to_dict("records") == [{"id": "7", "text": "hello"}]


def test_each_file_of_a_folder_is_a_message(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in (10, 2):
        (tmp_path / "in" / f"m{number}.txt").write_text(f"line {number}\nmore")
    found = read(tmp_path)
    assert found["file"].tolist() == ["in/m2.txt", "in/m10.txt"]
    assert found["text"].tolist() == ["line 2\nmore", "line 10\nmore"]


@pytest.mark.parametrize("name", ["gone.csv", "image.png", "empty"])
def test_what_holds_no_messages_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "image.png").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"There is no|Messages must be|No texts in"):
        read(tmp_path / name)
