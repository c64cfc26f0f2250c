import json
import resource
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.trial import TrialState

from automl.errors import Notice
from automl.search.journal import SingleWriterJournal


def study(path: Path) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = JournalStorage(SingleWriterJournal(path))
    return optuna.create_study(study_name="s", storage=storage, load_if_exists=True, direction="maximize")


def fill(path: Path) -> optuna.Study:
    filled = study(path)
    for value in (0.5, 0.7):
        trial = filled.ask()
        trial.suggest_float("lr", 0.001, 1.0, log=True)
        trial.suggest_categorical("on", [False, True])
        trial.set_user_attr("configuration", {"lr": value, "on": None})
        trial.report(value / 2, 1)
        filled.tell(trial, value)
    stopped = filled.ask()
    stopped.report(0.1, 1)
    filled.tell(stopped, state=TrialState.PRUNED)
    filled.ask()
    return filled


def test_a_study_that_is_opened_again_is_the_same(tmp_path: Path) -> None:
    before = fill(tmp_path / "study.journal").get_trials()
    after = study(tmp_path / "study.journal").get_trials()
    assert after == before
    assert [trial.state.name for trial in after] == ["COMPLETE", "COMPLETE", "PRUNED", "RUNNING"]
    assert after[2].intermediate_values == {1: 0.1}


@pytest.mark.parametrize("torn", [b'{"op_code": 4, "worker', b"{", b"\xff\xfe"])
def test_a_line_that_a_kill_cut_short_is_dropped(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "study.journal"
    before = fill(path).get_trials()
    whole = path.read_bytes()
    path.write_bytes(whole + torn)
    with pytest.warns(Notice, match=f"cut short when the search was killed: its {len(torn)} bytes are dropped"):
        reopened = study(path)
    assert reopened.get_trials() == before
    reopened.tell(reopened.ask(), 0.9)
    assert path.read_bytes().startswith(whole)
    assert study(path).best_value == 0.9
    for line in path.read_bytes().splitlines():
        json.loads(line)


def test_a_journal_cut_within_its_first_line_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "study.journal"
    path.write_bytes(b'{"op_code"')
    with pytest.warns(Notice, match="its 10 bytes"):
        assert study(path).get_trials() == []


def test_logs_are_read_from_where_they_are_asked_for(tmp_path: Path) -> None:
    journal = SingleWriterJournal(tmp_path / "j")
    journal.append_logs([{"n": n} for n in range(3)])
    assert list(journal.read_logs(0)) == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert list(journal.read_logs(3)) == []
    journal.append_logs([{"n": 3}])
    assert list(journal.read_logs(3)) == [{"n": 3}]
    assert list(journal.read_logs(1)) == [{"n": 1}, {"n": 2}, {"n": 3}]
    assert list(SingleWriterJournal(tmp_path / "j").read_logs(2)) == [{"n": 2}, {"n": 3}]


def test_text_of_any_kind_survives(tmp_path: Path) -> None:
    log: dict[str, Any] = {"text": "Zeile\nzwei \u2028 \U0001f600", "none": None, "number": 1e-300}
    SingleWriterJournal(tmp_path / "j").append_logs([log, log])
    assert list(SingleWriterJournal(tmp_path / "j").read_logs(0)) == [log, log]


def test_what_the_disk_has_no_room_for_is_not_written_in_part(tmp_path: Path) -> None:
    """A limit on the size of files stands for a full disk: a part is written, then comes the error."""
    path = tmp_path / "study.journal"
    journal = SingleWriterJournal(path)
    journal.append_logs([{"number": 1}])
    before = path.read_bytes()
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 100, former[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            journal.append_logs([{"text": "x" * 1000}])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)
    assert path.read_bytes() == before
    journal.append_logs([{"number": 2}])
    assert list(journal.read_logs(0)) == [{"number": 1}, {"number": 2}]
