"""Models without a search: what tests and benchmarks register, serve and predict with."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from automl.components import Task, load_catalog
from automl.data import ImagePreparation
from automl.registry import Evidence, Registered, Rows, log_model, register
from automl.tracking import Store, Tracker
from automl.training.bundle import Part, write_bundle

COUNT = 400
TARGETS = np.random.default_rng(0).integers(0, 2, COUNT)
"""Of the test rows of versions whose predictions are made up."""
TASK = Task(kind="image-classification", num_outputs=2, input_shape=(1, 8, 8), class_names=("no", "yes"))

LIGHT = Task(kind="image-classification", num_outputs=2, input_shape=(1, 4, 4), class_names=("dark", "light"))
PIXELS = ImagePreparation(channels=1, height=4, width=4, max_value=255, mean=(0.5,), std=(0.5,))
_MLP = {"model": "mlp", "model.mlp.width": 16, "model.mlp.depth": 1, "model.mlp.numbers": "plain"}


def describe_bundle(folder: Path, weights: bytes = b"") -> Path:
    """The folder of a bundle that nobody loads: a description, and anything for weights."""
    preparation = ImagePreparation(1, 8, 8, 255, (0.5,), (0.25,)).to_dict()
    described = {"format": 1, "task": asdict(TASK), "preparation": preparation, "configuration": {"model": "mlp"}}
    folder.mkdir(parents=True)
    (folder / "model.json").write_text(json.dumps(described | {"plugins": [], "provenance": {}}))
    if weights:
        (folder / "model.safetensors").write_bytes(weights)
    return folder


def write_light(folder: Path, answer: str) -> Path:
    """The bundle of an `mlp` on images of 4 x 4 that says "dark" or "light", whatever it sees."""
    import torch

    from automl.training.assembly import assemble
    from automl.training.checkpoint import write_weights

    module = assemble(load_catalog(), LIGHT, _MLP).model
    with torch.no_grad():
        module[-1].weight.zero_()
        module[-1].bias.copy_(torch.tensor([float(answer == name) for name in LIGHT.class_names]))
    weights = folder.with_suffix(".safetensors")
    write_weights(module, weights)
    write_bundle(folder, parts=[Part(weights, _MLP)], task=LIGHT, preparation=PIXELS, plugins=())
    return folder


def predicted(noise: float, targets: np.ndarray = TARGETS) -> np.ndarray:
    """(N, 2) probabilities; the same rows are hard for all."""
    scores = targets + noise * np.random.default_rng(1).normal(0, 1, len(targets))
    positive = 1 / (1 + np.exp(-(scores - 0.5)))
    return np.stack([1 - positive, positive], axis=1).astype(np.float32)


def version_of(noise: float, targets: np.ndarray = TARGETS, **changes: Any) -> tuple[Evidence, Rows]:
    """What is kept of a version of which so much of what it predicts is noise."""
    from automl.evaluation import METRICS

    predictions = predicted(noise, targets)
    known: Mapping[str, Any] = {
        "search": "x-1",
        "trial": "003 resnet",
        "components": "resnet + hflip",
        "data": "chest",
        "data_digest": "data-1",
        "test_digest": "rows-1",
        "task": TASK.kind,
        "metric": "auc",
        "validation": {"auc": 0.9, "accuracy": 0.8},
        "test": {name: METRICS[name].compute(predictions, targets) for name in ("auc", "accuracy")},
        "intervals": {"auc": (0.8, 0.9)},
        "baseline": {"auc": 0.5},
        "test_baseline": {"auc": 0.5},
        "figures": {"latency_ms": 3.0},
        "seeds": (0, 1),
    }
    evidence = Evidence(**known | changes)
    return evidence, Rows(predictions, targets, evidence.test_digest)


def tracker(store: Store, search: str = "x-1", experiment: str = "x", **changes: Any) -> Tracker:
    """Of a search by auc."""
    known: dict[str, Any] = {"description": "d", "params": {}, "tags": {}, "metric": "auc", "minimize": False}
    return Tracker(store, experiment=experiment, search=search, **known | changes)


def record_trial(store: Store, search: str = "x-1") -> str:
    """The id of the run of a search's only trial."""
    with tracker(store, search) as recorded:
        recorded.trial_started(3, "resnet", {"model": "resnet"})
        recorded.trial_finished(3, status="finished", reason="Done.", summary={"best_auc": 0.9})
    return recorded.run_id(3)


def add_version(
    store: Store, bundle: Path, noise: float, *, name: str, run_id: str | None = None, **changes: Any
) -> Registered:
    """Registers a bundle as the model of a run (None: a new one's), with predictions that are made up."""
    run_id = run_id or record_trial(store, f"{name}-{noise}")
    evidence, rows = version_of(noise, **changes)
    uri = log_model(store, run_id=run_id, bundle=bundle)
    return register(store, model_uri=uri, run_id=run_id, name=name, evidence=evidence, rows=rows)
