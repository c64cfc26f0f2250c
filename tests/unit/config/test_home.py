import json
from pathlib import Path

import pytest

from automl.config import find_home, prepare_home
from automl.config.home import FORMAT
from automl.errors import UserError


def test_results_go_where_they_are_told_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_home() == tmp_path / "automl_runs"
    monkeypatch.setenv("AUTOML_HOME", "from_environment")
    assert find_home() == tmp_path / "from_environment"
    assert find_home("given") == tmp_path / "given"
    assert list(tmp_path.iterdir()) == []


def test_a_home_is_made_and_used_again(tmp_path: Path) -> None:
    home = tmp_path / "deep" / "home"
    prepare_home(home)
    prepare_home(home)
    assert json.loads((home / "automl.json").read_text()) == {"format": FORMAT}


def test_a_home_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content")
    for home in (tmp_path / "file", tmp_path / "file" / "home"):
        with pytest.raises(UserError, match=f"The folder {home} can't be written") as refused:
            prepare_home(home)
        assert "--out" in str(refused.value.hint)
    assert (tmp_path / "file").read_text() == "content"


def test_a_home_that_may_not_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare_home(tmp_path)
    monkeypatch.setattr("os.access", lambda path, mode: False)  # root may write everywhere
    with pytest.raises(UserError, match=r"can't be written: .*Permission denied"):
        prepare_home(tmp_path)


def test_a_home_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    mark = tmp_path / "automl.json"
    mark.write_text(json.dumps({"format": FORMAT + 1}))
    with pytest.raises(UserError, match=rf"newer version of automl \(format {FORMAT + 1}, this one knows {FORMAT}\)"):
        prepare_home(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["automl.json"]
    assert json.loads(mark.read_text()) == {"format": FORMAT + 1}


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '"format"', "{}", '{"format": "two"}', '{"format": null}'])
def test_a_damaged_mark_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "automl.json").write_text(text)
    with pytest.raises(UserError, match=str(tmp_path)):
        prepare_home(tmp_path)
    assert (tmp_path / "automl.json").read_text() == text
