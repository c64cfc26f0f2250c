"""Packaging, promotion and lookup on a real store; the bundle is any folder, for nothing here loads it."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from automl.components.task import Task
from automl.errors import UserError
from automl.registry import Evidence, Registered, find_model, log_model, register
from automl.tracking import Store, Tracker

pytestmark = pytest.mark.integration

TASK = Task(kind="image-classification", num_outputs=2, input_shape=(1, 8, 8), class_names=("no", "yes"))


@pytest.fixture
def bundle(tmp_path: Path, description: str) -> Path:
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "model.json").write_text(description)
    return folder


@pytest.fixture
def run_id(store: Store) -> str:
    with Tracker(
        store, experiment="x", search="x-1", description="d", params={}, tags={}, metric="auroc", minimize=False
    ) as tracker:
        tracker.trial_started(3, "resnet", {"model": "resnet"})
        tracker.trial_finished(3, status="finished", reason="Done.", summary={"best_auroc": 0.9})
    return tracker.run_id(3)


@pytest.fixture
def model_uri(store: Store, run_id: str, bundle: Path) -> str:
    return log_model(store, run_id=run_id, bundle=bundle)


def evidence(digest: str = "data-1") -> Evidence:
    return Evidence(
        search="x-1",
        trial="003 resnet",
        components="resnet + hflip",
        data="chest",
        data_digest=digest,
        validation={"auroc": 0.9, "accuracy": 0.8},
        test={"auroc": 0.88},
        baseline={"auroc": 0.5},
        seeds=[0, 1],
    )


def add(store: Store, model_uri: str, run_id: str, value: float, **changes: Any) -> Registered:
    arguments: dict[str, Any] = {
        "name": "medical_imaging",
        "metric": "auroc",
        "minimize": False,
        "baseline": 0.5,
        "evidence": evidence(),
    }
    return register(store, model_uri=model_uri, run_id=run_id, value=value, **arguments | changes)


def aliases(store: Store) -> dict[str, str]:
    model = store.client().get_registered_model("medical_imaging")
    return {alias: str(version) for alias, version in model.aliases.items()}


def test_logging_a_model_leaves_the_finished_run_as_it_is(store: Store, run_id: str, bundle: Path) -> None:
    before = store.client().get_run(run_id).info
    uri = log_model(store, run_id=run_id, bundle=bundle)
    after = store.client().get_run(run_id)
    assert (after.info.status, after.info.end_time) == (before.status, before.end_time)
    assert [f"models:/{output.model_id}" for output in after.outputs.model_outputs] == [uri]


def test_a_model_that_the_run_has_already_is_not_logged_again(
    store: Store, run_id: str, bundle: Path, model_uri: str
) -> None:
    assert log_model(store, run_id=run_id, bundle=bundle) == model_uri
    (bundle / "model.safetensors").write_bytes(b"other weights")
    other = log_model(store, run_id=run_id, bundle=bundle)
    assert other != model_uri and log_model(store, run_id=run_id, bundle=bundle) == other


def test_the_package_holds_no_pickle_and_names_its_requirements(store: Store, model_uri: str) -> None:
    model = store.client().get_logged_model(model_uri.removeprefix("models:/"))
    folder = Path(model.artifact_location.removeprefix("file://").replace("%20", " "))
    assert model.status == "READY"
    assert not [*folder.rglob("*.pkl")]
    lines = (folder / "requirements.txt").read_text().splitlines()
    assert {line.split("==")[0] for line in lines} >= {"torch", "numpy", "pillow", "safetensors", "mlflow"}


def test_a_bundle_that_is_not_there_leaves_no_model_that_looks_ready(store: Store, run_id: str, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="missing"):
        log_model(store, run_id=run_id, bundle=tmp_path / "missing")
    client = store.client()
    experiment = client.get_run(run_id).info.experiment_id
    assert [model.status for model in client.search_logged_models([experiment])] == ["FAILED"]


def test_the_first_model_better_than_the_baseline_is_champion(store: Store, model_uri: str, run_id: str) -> None:
    registered = add(store, model_uri, run_id, 0.9)
    assert (registered.version, registered.alias) == ("1", "champion")
    assert "baseline" in registered.reason
    assert aliases(store) == {"champion": "1"}


def test_a_model_no_better_than_the_baseline_is_never_champion(store: Store, model_uri: str, run_id: str) -> None:
    registered = add(store, model_uri, run_id, 0.5)
    assert registered.alias == "challenger"
    assert "doesn't beat the trivial baseline" in registered.reason
    assert aliases(store) == {"challenger": "1"}


def test_a_better_model_replaces_the_champion_which_stays_within_reach(
    store: Store, model_uri: str, run_id: str
) -> None:
    add(store, model_uri, run_id, 0.8)
    assert add(store, model_uri, run_id, 0.9).alias == "champion"
    assert aliases(store) == {"champion": "2", "previous": "1"}


@pytest.mark.parametrize("value", [0.7, 0.8, float("nan")])
def test_an_equal_or_worse_model_is_a_challenger(
    store: Store, model_uri: str, run_id: str, bundle: Path, value: float
) -> None:
    add(store, model_uri, run_id, 0.8)
    (bundle / "model.safetensors").write_bytes(b"other weights")
    registered = add(store, log_model(store, run_id=run_id, bundle=bundle), run_id, value)
    assert registered.alias == "challenger"
    assert "alias `champion`" in registered.reason
    assert aliases(store) == {"champion": "1", "challenger": "2"}


def test_a_version_that_was_added_before_a_kill_is_not_added_again(store: Store, model_uri: str, run_id: str) -> None:
    first = add(store, model_uri, run_id, 0.9)
    assert add(store, model_uri, run_id, 0.9) == first
    add(store, model_uri, run_id, 0.95)
    assert add(store, model_uri, run_id, 0.9) == replace(first, alias="previous"), "meanwhile a better one has come"
    assert aliases(store) == {"champion": "2", "previous": "1"}


def test_a_version_that_a_kill_left_without_an_alias_gets_it(
    store: Store, model_uri: str, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr("automl.registry.promote._set_alias", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            add(store, model_uri, run_id, 0.9)
    registered = add(store, model_uri, run_id, 0.9)
    assert (registered.version, registered.alias) == ("1", "champion")
    assert aliases(store) == {"champion": "1"}


def test_the_smaller_error_wins_where_small_is_good(store: Store, model_uri: str, run_id: str) -> None:
    changes = {"metric": "rmse", "minimize": True, "baseline": 3.0}
    assert add(store, model_uri, run_id, 3.5, **changes).alias == "challenger"
    assert add(store, model_uri, run_id, 2.0, **changes).alias == "champion"
    assert add(store, model_uri, run_id, 1.0, **changes).alias == "champion"
    assert add(store, model_uri, run_id, 1.5, **changes).alias == "challenger"


@pytest.mark.parametrize("changes", [{"metric": "accuracy"}, {"evidence": evidence("data-2")}])
def test_what_was_judged_otherwise_is_not_compared(
    store: Store, model_uri: str, run_id: str, changes: dict[str, Any]
) -> None:
    add(store, model_uri, run_id, 0.6)
    registered = add(store, model_uri, run_id, 0.99, **changes)
    assert registered.alias == "challenger"
    assert "can't be compared" in registered.reason
    assert "version 2" in registered.reason


def test_a_version_says_where_it_came_from(store: Store, model_uri: str, run_id: str) -> None:
    add(store, model_uri, run_id, 0.9)
    client = store.client()
    version = client.get_model_version("medical_imaging", "1")
    for part in (
        "resnet + hflip",
        "x-1",
        "003 resnet",
        "chest",
        "| metric | validation | baseline | test |",
        "| auroc | 0.9000 | 0.5000 | 0.8800 |",
        "Seeds: 0, 1",
    ):
        assert part in version.description.replace("&emsp;", "")
    assert len(version.tags) <= 5
    assert (version.tags["automl.metric"], version.tags["automl.value"]) == ("auroc", "0.9")
    assert version.run_id == run_id
    link = client.get_logged_model(model_uri.removeprefix("models:/")).tags["mlflow.modelVersions"]
    assert [(entry["name"], int(entry["version"])) for entry in json.loads(link)] == [("medical_imaging", 1)]


@pytest.mark.parametrize("reference", ["medical_imaging", "medical_imaging@champion", "medical_imaging/1"])
def test_a_model_is_found_by_name_alias_or_version(
    store: Store, model_uri: str, run_id: str, reference: str, description: str
) -> None:
    add(store, model_uri, run_id, 0.9)
    assert (find_model(store, reference) / "model.json").read_text() == description


@pytest.mark.parametrize(
    ("reference", "message", "hint"),
    [
        ("medical_imagin", "Unknown registered model", "medical_imaging"),
        ("medical_imaging@champio", "Unknown alias", "champion"),
        ("medical_imaging@production", "Unknown alias", "medical_imaging/1"),
        ("medical_imaging/7", "Unknown version", None),
    ],
)
def test_a_name_slightly_off_is_answered_with_the_near_ones(
    store: Store, model_uri: str, run_id: str, reference: str, message: str, hint: str | None
) -> None:
    add(store, model_uri, run_id, 0.9)
    with pytest.raises(UserError, match=message) as caught:
        find_model(store, reference)
    assert hint is None or hint in str(caught.value.hint)


def test_a_model_whose_files_were_deleted_is_reported(store: Store, model_uri: str, run_id: str) -> None:
    import shutil

    add(store, model_uri, run_id, 0.9)
    shutil.rmtree(store.home / "artifacts")
    with pytest.raises(UserError, match="aren't at"):
        find_model(store, "medical_imaging")


REGISTER = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from automl.registry import Evidence, register
from automl.tracking import open_store
home, uri, run_id, value = sys.argv[2:]
evidence = Evidence(search="s", trial="t", components="c", data="d", data_digest="x", validation={})
print(register(open_store(Path(home)), model_uri=uri, run_id=run_id, name="medical_imaging", metric="auroc",
    minimize=False, value=float(value), baseline=0.5, evidence=evidence).alias)
"""


def test_of_two_searches_that_end_at_once_the_better_model_is_champion(
    store: Store, model_uri: str, run_id: str
) -> None:
    command = [sys.executable, "-c", REGISTER, os.getcwd(), str(store.home), model_uri, run_id]
    both = [subprocess.Popen([*command, value], stdout=subprocess.PIPE, text=True) for value in ("0.9", "0.8")]
    assert [process.wait() for process in both] == [0, 0]
    client = store.client()
    assert client.get_model_version_by_alias("medical_imaging", "champion").tags["automl.value"] == "0.9"
