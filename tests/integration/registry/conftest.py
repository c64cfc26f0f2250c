"""Versions of a registered model that nobody loads: their bundle is a description, their predictions are made up."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from automl.registry import Evidence, Registered, Rows, log_model, register
from automl.tracking import Store, Tracker

NAME = "medical_imaging"


@pytest.fixture
def bundle(tmp_path: Path, description: str) -> Path:
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "model.json").write_text(description)
    return folder


@pytest.fixture
def run_id(store: Store) -> str:
    with Tracker(
        store, experiment="x", search="x-1", description="d", params={}, tags={}, metric="auc", minimize=False
    ) as tracker:
        tracker.trial_started(3, "resnet", {"model": "resnet"})
        tracker.trial_finished(3, status="finished", reason="Done.", summary={"best_auc": 0.9})
    return tracker.run_id(3)


@pytest.fixture
def model_uri(store: Store, run_id: str, bundle: Path) -> str:
    return log_model(store, run_id=run_id, bundle=bundle)


@pytest.fixture
def add(
    store: Store, bundle: Path, run_id: str, made_up: Callable[..., tuple[Evidence, Rows]]
) -> Callable[..., Registered]:
    """add(0.5) -> such a version, registered; each is another model."""

    def add(noise: float, **changes: Any) -> Registered:
        evidence, rows = made_up(noise, **changes)
        (bundle / "model.safetensors").write_text(f"{noise} {changes}")
        return register(
            store,
            model_uri=log_model(store, run_id=run_id, bundle=bundle),
            run_id=run_id,
            name=NAME,
            evidence=evidence,
            rows=rows,
        )

    return add


@pytest.fixture
def aliases(store: Store) -> Callable[[], dict[str, str]]:
    """aliases() -> alias to version, at that moment."""

    def read() -> dict[str, str]:
        return {alias: str(version) for alias, version in store.client().get_registered_model(NAME).aliases.items()}

    return read
