"""Small image folders and archives, generated."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from automl.data import Dataset, load_dataset

WriteImages = Callable[..., Path]


@pytest.fixture
def write_images(tmp_path: Path) -> WriteImages:
    """write_images({"cats": 10, "dogs": 8}, size=(12, 8)) -> a folder of distinct random images."""

    def write(
        counts: Mapping[str, int],
        *,
        root: Path = tmp_path / "pets",
        size: tuple[int, int] = (12, 8),
        mode: str = "RGB",
        suffix: str = ".png",
    ) -> Path:
        for folder, count in counts.items():
            rng = np.random.default_rng(sum(folder.encode()))
            (root / folder).mkdir(parents=True, exist_ok=True)
            for number in range(count):
                pixels = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
                Image.fromarray(pixels).convert(mode).save(root / folder / f"img{number}{suffix}")
        return root

    return write


@pytest.fixture
def write_npz(tmp_path: Path) -> Callable[..., Path]:
    """write_npz(val_labels=..., test_images=None) -> an archive of 20/6/8 grey 10 x 10 images, with these changes."""

    def write(*, name: str = "scans.npz", **changes: Any) -> Path:
        rng = np.random.default_rng(0)
        arrays: dict[str, Any] = {}
        for split, count in {"train": 20, "val": 6, "test": 8}.items():
            arrays[f"{split}_images"] = rng.integers(0, 256, (count, 10, 10), dtype=np.uint8)
            arrays[f"{split}_labels"] = np.arange(count, dtype=np.uint8).reshape(-1, 1) % 2
        arrays |= changes
        np.savez_compressed(tmp_path / name, **{key: array for key, array in arrays.items() if array is not None})
        return tmp_path / name

    return write


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Dataset]:
    """`load_dataset` with a cache in the test's folder."""

    def load(path: Path | None, **options: Any) -> Dataset:
        return load_dataset(path, **{"cache": tmp_path / "cache", **options})

    return load
