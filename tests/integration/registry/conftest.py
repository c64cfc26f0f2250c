"""Versions of a registered model that nobody loads: their bundle is a description, their predictions are made up."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from automl.components import Task
from automl.data import ImagePreparation
from automl.registry import Evidence, Registered, Rows, log_model, register
from automl.tracking import Store, Tracker

COUNT = 400
TARGETS = np.random.default_rng(0).integers(0, 2, COUNT)
NAME = "medical_imaging"


@pytest.fixture
def description() -> str:
    """A bundle's `model.json`."""
    task = Task(kind="image-classification", num_outputs=2, input_shape=(1, 8, 8), class_names=("no", "yes"))
    preparation = ImagePreparation(1, 8, 8, 255, (0.5,), (0.25,)).to_dict()
    described = {"format": 1, "task": asdict(task), "preparation": preparation, "configuration": {"model": "mlp"}}
    return json.dumps(described | {"plugins": [], "provenance": {}})


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


def predicted(noise: float) -> np.ndarray:
    """(N, 2) probabilities; the same rows are hard for all."""
    scores = TARGETS + noise * np.random.default_rng(1).normal(0, 1, COUNT)
    positive = 1 / (1 + np.exp(-(scores - 0.5)))
    return np.stack([1 - positive, positive], axis=1).astype(np.float32)


def evidence_of(predictions: np.ndarray, **changes: Any) -> Evidence:
    from automl.evaluation import METRICS

    test = {name: METRICS[name].compute(predictions, TARGETS) for name in ("auc", "accuracy")}
    known: dict[str, Any] = {
        "search": "x-1",
        "trial": "003 resnet",
        "components": "resnet + hflip",
        "data": "chest",
        "data_digest": "data-1",
        "test_digest": "rows-1",
        "task": "image-classification",
        "metric": "auc",
        "validation": {"auc": 0.9, "accuracy": 0.8},
        "test": test,
        "intervals": {"auc": (0.8, 0.9)},
        "baseline": {"auc": 0.5},
        "test_baseline": {"auc": 0.5},
        "figures": {"latency_ms": 3.0},
        "seeds": (0, 1),
    }
    return Evidence(**known | changes)


@pytest.fixture(scope="session")
def made_up() -> Callable[..., tuple[Evidence, Rows]]:
    """made_up(0.5) -> what is kept of a version of which so much of what it predicts is noise."""

    def make(noise: float, **changes: Any) -> tuple[Evidence, Rows]:
        predictions = predicted(noise)
        evidence = evidence_of(predictions, **changes)
        return evidence, Rows(predictions, TARGETS, evidence.test_digest)

    return make


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
