"""A bundle as an MLflow model of its run."""

from pathlib import Path

import pytest

from automl.registry import log_model
from automl.tracking import Store

pytestmark = pytest.mark.integration


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
