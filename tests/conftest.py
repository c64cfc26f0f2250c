"""What all tests share: a clean environment, small tasks and arrays, plugin files, the catalog."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pytest
from PIL import Image

from automl.components import CATALOG, Catalog, Task, load_catalog
from automl.data import ImagePreparation
from automl.training import TrainingData

# Before torch is imported: many threads for tiny batches are slower than one.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Some machines forbid bytecode files: each of the processes that tests start would compile torch, Ray and MLflow anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

MakeTask = Callable[..., Task]
NAMES = ("Jordan", "Paris", "Florence", "Chester", "Victoria", "Sydney")
"""Of people and of places: which they are is said by the word before."""
BEFORE = {"mr": "PER", "mrs": "PER", "in": "LOC", "near": "LOC", "the": ""}


@pytest.fixture(autouse=True)
def _no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AUTOML_HOME", "AUTOML_PLUGINS", "MLFLOW_TRACKING_URI", "RAY_ADDRESS"):
        monkeypatch.setenv(name, "")  # so that what a test sets is unset after it
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def make_task() -> MakeTask:
    """make_task((1, 8, 8), classes=3) -> a classification; classes=0 -> a regression with one output."""

    def make(shape: tuple[int, int, int] = (1, 8, 8), classes: int = 3) -> Task:
        names = tuple(f"class{index}" for index in range(classes))
        kind = "image-classification" if classes else "image-regression"
        return Task(kind=kind, num_outputs=classes or 1, input_shape=shape, class_names=names)

    return make


@pytest.fixture(scope="session")
def make_data(make_task: MakeTask) -> Callable[..., TrainingData]:
    """make_data((1, 8, 8), classes=3, train=24, val=12) -> images whose brightness tells their class (or value)."""

    def make(shape: tuple[int, int, int] = (1, 8, 8), classes: int = 3, train: int = 24, val: int = 12) -> TrainingData:
        rng = np.random.default_rng(0)

        def split(count: int) -> tuple[np.ndarray, np.ndarray]:
            labels = np.arange(count) % max(classes, 2)
            brightness = (60 + 70 * labels).reshape(-1, 1, 1, 1)
            images = np.clip(rng.normal(brightness, 25, (count, *shape)), 0, 255).astype(np.uint8)
            targets = labels.astype(np.int64) if classes else labels.astype(np.float32).reshape(-1, 1)
            return images, targets

        preparation = ImagePreparation(*shape, 255, (0.5,) * shape[0], (0.25,) * shape[0])
        return TrainingData(make_task(shape, classes), preparation, *split(train), *split(val))

    return make


@pytest.fixture(scope="session")
def write_images() -> Callable[..., Path]:
    """write_images(folder, {"dark": 10, "light": 8}) -> grey images whose brightness tells their class."""

    def write(root: Path, counts: Mapping[str, int], side: int = 8) -> Path:
        rng = np.random.default_rng(0)
        for index, (name, count) in enumerate(counts.items()):
            (root / name).mkdir(parents=True, exist_ok=True)
            for number in range(count):
                pixels = np.clip(rng.normal(50 + 100 * index, 30, (side, side)), 0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(root / name / f"{number}.png")
        return root

    return write


@pytest.fixture(scope="session")
def configure() -> Callable[..., dict[str, Any]]:
    """configure("mlp", {"training.epochs": 2}, width=16) -> a small configuration with nothing switched on."""

    def make(model: str, settings: dict[str, Any] | None = None, **parameters: Any) -> dict[str, Any]:
        chosen: dict[str, Any] = {"model": model} | {f"model.{model}.{key}": v for key, v in parameters.items()}
        return {**chosen, "training.epochs": 2, "training.batch_size": 8, **(settings or {})}

    return make


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """The catalog with the built-in components."""
    return load_catalog()


@pytest.fixture
def empty_catalog(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> Iterator[Catalog]:
    """The process's catalog, emptied; what a test registers is gone afterwards."""
    with monkeypatch.context() as patched:
        patched.setattr(CATALOG, "components", {})
        patched.setattr(CATALOG, "broken", {})
        patched.setattr(CATALOG, "refused", {})
        yield CATALOG
    _forget_file_plugins()


@pytest.fixture
def shared_catalog(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> Iterator[Catalog]:
    """The process's catalog with the built-in components; what a test adds is gone afterwards."""
    with monkeypatch.context() as patched:
        patched.setattr(CATALOG, "components", dict(catalog.components))
        patched.setattr(CATALOG, "broken", {})
        patched.setattr(CATALOG, "refused", {})
        yield CATALOG
    _forget_file_plugins()


@pytest.fixture
def write_plugin(tmp_path: Path) -> Callable[..., Path]:
    """write_plugin("...source...") -> a file, with automl.plugin's names imported."""

    def write(source: str, name: str = "my_plugin.py") -> Path:
        path = tmp_path / name
        path.write_text("from typing import Annotated, Literal\nfrom automl.plugin import *\n\n" + dedent(source))
        return path

    return write


@pytest.fixture(scope="session")
def run_automl() -> Callable[..., subprocess.CompletedProcess[str]]:
    """run_automl("search", "--trials", 3, cwd=folder) -> the `automl` command in a process of its own, ended."""

    def run(*arguments: Any, cwd: Path) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("automl")), *map(str, arguments)]
        own = {name: value for name, value in os.environ.items() if not name.startswith(("AUTOML_", "MLFLOW_", "RAY_"))}
        return subprocess.run(command, cwd=cwd, env=own, capture_output=True, text=True, timeout=240, check=False)

    return run


def _forget_file_plugins() -> None:
    for name in [name for name in sys.modules if name.startswith("automl_file_plugin_")]:
        del sys.modules[name]


@pytest.fixture(scope="session")
def make_conll() -> Callable[..., str]:
    """make_conll(200, seed=0) -> so many sentences of CoNLL's form, in which a word's tag hangs on those before it."""

    def sentence(rng: np.random.Generator) -> str:
        rows: list[tuple[str, str]] = []
        for _ in range(rng.integers(1, 4)):
            before = str(rng.choice(list(BEFORE)))
            kind = BEFORE[before]
            rows += [(before, "O"), (str(rng.choice(NAMES)), f"B-{kind}" if kind else "O")]
            if kind and rng.random() < 0.5:
                rows.append((str(rng.choice(NAMES)), f"I-{kind}"))
            rows.append(("slept", "O"))
        return "".join(f"{word} {tag}\n" for word, tag in rows)

    def make(count: int, seed: int = 0) -> str:
        rng = np.random.default_rng(seed)
        return "\n".join(sentence(rng) for _ in range(count))

    return make
