import math
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from automl.errors import UserError
from automl.tracking import Store, Tracker, open_store
from automl.tracking.recorded import SEARCH_RUN, RecordedRun, find_runs, read_search
from automl.tracking.template import make_database

pytestmark = pytest.mark.integration


def tracker(store: Store, search: str = "digits-1", runs: dict[int, RecordedRun] | None = None) -> Tracker:
    return Tracker(
        store,
        experiment="digits",
        search=search,
        description="Searches for the best classifier of digits.",
        params={"sampler": "tpe", "seed": 0},
        tags={"automl.command": "automl search digits.yaml"},
        metric="accuracy",
        minimize=False,
        runs=runs,
    )


def test_a_search_is_a_run_with_its_trials_below_it(store: Store) -> None:
    with tracker(store) as search:
        search.trial_started(0, "resnet", {"model": "resnet", "augmentation.hflip": True, "training.lr": 0.01})
        for epoch in (1, 2):
            search.epoch(0, epoch, {"loss": 1 / epoch, "val_accuracy": 0.4 * epoch})
        search.trial_finished(0, status="finished", reason="All epochs done.", summary={"best_accuracy": 0.8})
        search.search_summary(metrics={"search_best": 0.8}, note="**000 resnet** won.", winner=0)
    client = store.client()
    parent, trial = client.get_run(search.parent_run_id), client.get_run(search.run_id(0))
    assert (parent.info.run_name, parent.info.status) == ("digits-1", "FINISHED")
    assert parent.data.params == {"sampler": "tpe", "seed": "0"}
    assert parent.data.metrics == {"search_best": 0.8}
    assert parent.data.tags["mlflow.note.content"].startswith("**000 resnet** won.\n\nTo look at: [leaderboard](")
    assert parent.data.tags["automl.command"] == "automl search digits.yaml"
    assert (trial.info.run_name, trial.info.status) == ("000 resnet", "FINISHED")
    assert trial.data.tags["mlflow.parentRunId"] == parent.info.run_id
    assert trial.data.tags["automl.components"] == "resnet + hflip"
    assert trial.data.tags["automl.state"] == "finished"
    assert trial.data.tags["automl.winner"] == "true"
    assert trial.data.params["training.lr"] == "0.01"
    points = client.get_metric_history(search.run_id(0), "loss")
    assert [(point.step, point.value) for point in points] == [(1, 1.0), (2, 0.5)]
    assert [point.step for point in client.get_metric_history(search.run_id(0), "best_accuracy")] == [0]


def test_a_trial_is_confirmed_beside_the_trials(store: Store) -> None:
    with tracker(store) as search:
        search.trial_started(7, "resnet", {"model": "resnet"})
        search.trial_started(1_000_072, "resnet seed 2", {"model": "resnet"}, of=7)
        search.epoch(1_000_072, 1, {"val_accuracy": 0.5})
        search.trial_finished(1_000_072, status="finished", reason="All epochs done.", summary={})
        search.tested(1_000_072, 1, {"test_accuracy": 0.4})
    run = store.client().get_run(search.run_id(1_000_072))
    assert (run.info.run_name, run.data.tags["automl.role"]) == ("007 resnet seed 2", "confirmation")
    assert run.data.tags["mlflow.parentRunId"] == search.parent_run_id
    assert run.data.metrics["test_accuracy"] == 0.4
    found = find_runs(store, "digits", "digits-1", "accuracy")
    assert set(found) == {SEARCH_RUN, 7, 1_000_072}
    assert found[1_000_072].epochs == {1}, "looked up though it has ended: it is reported again on resuming"
    assert [trial.number for trial in read_search(store, search.parent_run_id).trials] == [7]


def test_what_was_tested_is_written_for_an_epoch_that_the_store_has_already(store: Store) -> None:
    with tracker(store) as search:
        search.trial_started(0, "resnet", {})
        search.epoch(0, 1, {"val_accuracy": 0.5})
    runs = find_runs(store, "digits", "digits-1", "accuracy")
    with tracker(store, runs=runs) as resumed:
        resumed.trial_started(0, "resnet", {})
        resumed.tested(0, 1, {"test_accuracy": 0.4})
    assert store.client().get_run(search.run_id(0)).data.metrics["test_accuracy"] == 0.4


def test_a_failed_trial_says_why_and_the_search_goes_on(store: Store) -> None:
    error = "Traceback (most recent call last):\n  File 'net.py', line 3\nValueError: bad width"
    with tracker(store) as search:
        search.trial_started(0, "mlp", {"model": "mlp"})
        search.trial_finished(0, status="failed", reason=error, summary={})
        search.trial_started(1, "mlp", {"model": "mlp"})
        search.trial_finished(1, status="stopped", reason="Below the median.", summary={"best_accuracy": 0.3})
    client = store.client()
    failed, stopped = client.get_run(search.run_id(0)), client.get_run(search.run_id(1))
    assert failed.info.status == "FAILED"
    assert failed.data.tags["automl.reason"] == "ValueError: bad width"
    assert error in failed.data.tags["mlflow.note.content"]
    assert (stopped.info.status, stopped.data.tags["automl.state"]) == ("FINISHED", "stopped")
    assert client.get_run(search.parent_run_id).info.status == "FINISHED"


def test_a_diverged_loss_never_reaches_the_leaderboard(store: Store) -> None:
    with tracker(store) as search:
        search.trial_started(0, "mlp", {})
        search.epoch(0, 1, {"loss": math.nan, "val_accuracy": 0.5})
        search.trial_finished(0, status="stopped", reason="Diverged.", summary={"best_accuracy": math.inf})
    assert store.client().get_run(search.run_id(0)).data.metrics == {"val_accuracy": 0.5}


def test_an_interrupted_search_leaves_no_run_that_looks_alive(store: Store) -> None:
    search = tracker(store)

    def interrupted() -> None:
        with search:
            search.trial_started(0, "mlp", {})
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    client = store.client()
    for run_id in (search.parent_run_id, search.run_id(0)):
        run = client.get_run(run_id)
        assert (run.info.status, run.data.tags["automl.state"]) == ("KILLED", "interrupted")


def test_data_and_files_are_kept_with_the_search(store: Store, tmp_path: Path) -> None:
    (tmp_path / "space.json").write_text("{}")
    with tracker(store) as search:
        search.dataset(name="digits", digest="ab" * 32, source="/data/digits", profile={"images": 1797})
        search.artifact("model: resnet\n", "experiment.yaml")
        search.artifact(tmp_path / "space.json", "details")
    client = store.client()
    (data,) = client.get_run(search.parent_run_id).inputs.dataset_inputs
    assert (data.dataset.name, data.dataset.digest) == ("digits", "abababababab")
    kept = Path(client.download_artifacts(search.parent_run_id, ""))
    assert (kept / "experiment.yaml").read_text() == "model: resnet\n"
    assert (kept / "details" / "space.json").exists()
    assert kept.is_relative_to(store.home / "artifacts")


def test_a_second_search_joins_the_experiment_with_a_leaderboard_of_its_own(store: Store) -> None:
    keys = []
    for name in ("digits-1", "digits-2"):
        with tracker(store, name) as search:
            search.flush()
            keys.append(search.leaderboard_url("").split("viewStateShareKey=")[1].split("&")[0])
    (experiment,) = [found for found in store.client().search_experiments() if found.name == "digits"]
    assert experiment.tags["mlflow.experimentKind"] == "custom_model_development"
    assert experiment.tags["mlflow.note.content"].startswith("Searches for the best classifier of digits.")
    assert len({*keys}) == 2
    for key in keys:
        assert f"mlflow.sharedViewState.{key}" in experiment.tags


def test_a_deleted_experiment_is_restored(store: Store) -> None:
    with tracker(store) as first:
        first.flush()
    store.client().delete_experiment(first.experiment_id)
    with tracker(store) as second:
        second.flush()
    assert second.experiment_id == first.experiment_id
    assert store.client().get_experiment(first.experiment_id).lifecycle_stage == "active"


def test_a_store_that_breaks_does_not_stop_training_and_is_reported_at_the_end(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = tracker(store)
    search.start()
    search.flush()

    def refuse(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("mlflow.MlflowClient.log_batch", refuse)
    search.trial_started(0, "mlp", {})
    search.epoch(0, 1, {"loss": 1.0})
    with pytest.raises(UserError, match="disk full"):
        search.flush()
    monkeypatch.undo()
    search.epoch(0, 2, {"loss": 0.5})
    search.close()
    assert [point.step for point in store.client().get_metric_history(search.run_id(0), "loss")] == [1, 2]


def test_a_second_home_in_one_process_has_a_store_of_its_own(store: Store, tmp_path: Path) -> None:
    store.client()
    assert open_store(tmp_path / "second").tracking_uri != store.tracking_uri


def test_a_server_that_went_away_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    search = tracker(Store("http://127.0.0.1:9", None, tmp_path))
    search.start()
    with pytest.raises(UserError, match=r"http://127\.0\.0\.1:9") as caught:
        search.close()
    assert caught.value.hint is not None


def test_a_database_of_an_older_mlflow_says_how_to_upgrade_it(store: Store) -> None:
    assert store.database is not None
    make_database(store.database)
    with closing(sqlite3.connect(store.database)) as database:
        database.execute("UPDATE alembic_version SET version_num = '451aebb31d03'")
        database.commit()
    with pytest.raises(UserError, match="older MLflow") as caught:
        store.client()
    assert "mlflow db upgrade" in str(caught.value.hint)


def test_the_database_can_be_read_while_it_is_written(store: Store) -> None:
    store.client()
    assert store.database is not None
    with closing(sqlite3.connect(store.database)) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_mlflow_does_not_wait_for_the_disk_in_this_database_alone(store: Store, tmp_path: Path) -> None:
    from sqlalchemy import create_engine

    store.client()

    def waits(database: Path | None) -> int:
        with create_engine(f"sqlite:///{database}").connect() as connection:
            return int(connection.exec_driver_sql("PRAGMA synchronous").scalar_one())

    assert (waits(store.database), waits(tmp_path / "other.db")) == (1, 2)
