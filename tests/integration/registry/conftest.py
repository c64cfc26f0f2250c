"""Versions of a registered model that nobody loads: their bundle is a description, their predictions are made up."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made_up import add_version, describe_bundle, record_trial

from automl.registry import Registered, log_model
from automl.tracking import Store

NAME = "medical_imaging"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return describe_bundle(tmp_path / "bundle")


@pytest.fixture
def run_id(store: Store) -> str:
    return record_trial(store)


@pytest.fixture
def model_uri(store: Store, run_id: str, bundle: Path) -> str:
    return log_model(store, run_id=run_id, bundle=bundle)


@pytest.fixture
def add(store: Store, bundle: Path, run_id: str) -> Callable[..., Registered]:
    """add(0.5) -> such a version, registered; each is another model."""

    def make(noise: float, **changes: Any) -> Registered:
        (bundle / "model.safetensors").write_text(f"{noise} {changes}")
        return add_version(store, bundle, noise, name=NAME, run_id=run_id, **changes)

    return make


@pytest.fixture
def aliases(store: Store) -> Callable[[], dict[str, str]]:
    """aliases() -> alias to version, at that moment."""

    def read() -> dict[str, str]:
        return {alias: str(version) for alias, version in store.client().get_registered_model(NAME).aliases.items()}

    return read
