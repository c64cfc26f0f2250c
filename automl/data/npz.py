"""NumPy archives in MedMNIST's layout, read as a stream: an archive may be larger than memory."""

import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO

import numpy as np

from automl.data.pixels import round_up_to_bits
from automl.data.source import Source
from automl.data.split import SPLITS
from automl.errors import UserError

NEEDED = tuple(f"{split}_{part}" for split in SPLITS for part in ("images", "labels"))
CHUNK_BYTES = 1 << 22
LAYOUT_HINT = "Save it with np.savez_compressed(path, train_images=..., train_labels=..., val_images=..., ...)."


ArrayHeader = tuple[tuple[int, ...], bool, np.dtype]  # shape, is in Fortran order, dtype


@dataclass(frozen=True)
class ImageArray:
    """An array of images inside an archive, not yet read. `shape` is (N, H, W) or (N, H, W, C)."""

    path: Path
    key: str
    shape: tuple[int, ...]
    dtype: np.dtype
    fortran_order: bool

    def __iter__(self) -> Iterator[np.ndarray]:
        """The images one by one, (H, W) or (H, W, C). Raises UserError where the archive is damaged."""
        for chunk in self.chunks():
            yield from chunk

    def chunks(self) -> Iterator[np.ndarray]:
        """Several images at once, as many as fit in `CHUNK_BYTES`."""
        with _reading(self.path), zipfile.ZipFile(self.path) as archive, archive.open(f"{self.key}.npy") as stream:
            if self.fortran_order:  # Images are interleaved: it can't be streamed.
                yield np.lib.format.read_array(stream, allow_pickle=False)
                return
            _read_header(stream)
            image_bytes = int(np.prod(self.shape[1:])) * self.dtype.itemsize
            rows = max(1, CHUNK_BYTES // image_bytes)
            for start in range(0, self.shape[0], rows):
                count = min(rows, self.shape[0] - start)
                data = stream.read(count * image_bytes)
                yield np.frombuffer(data, self.dtype).reshape(count, *self.shape[1:])


def read_npz(path: Path, *, task_kind: str) -> Source:
    """Check an archive and read its labels; the images stay in it.

    Raises:
        UserError: It is no archive, is damaged, lacks arrays, or has some of a wrong shape, length or type.
    """
    headers = read_headers(path)
    missing = [key for key in NEEDED if key not in headers]
    if missing:
        raise UserError(
            f"{path} must have the arrays {', '.join(NEEDED)}. "
            f"Missing: {', '.join(missing)}. Got: {', '.join(headers) or 'none'}.",
            hint=LAYOUT_HINT,
        )
    images = {split: image_array(path, f"{split}_images", headers) for split in SPLITS}
    labels = {split: _read_labels(path, split, headers, len_images=images[split].shape[0]) for split in SPLITS}
    if task_kind == "image-classification":
        class_names, targets = _class_targets(path, labels, headers)
    else:
        class_names, targets = (), _regression_targets(path, labels)
    status = path.stat()
    return Source(
        name=path.stem,
        class_names=class_names,
        ids={split: tuple(str(row) for row in range(array.shape[0])) for split, array in images.items()},
        targets=targets,
        items=lambda: chain.from_iterable(images[split] for split in SPLITS),
        sizes=sum(
            (Counter({(array.shape[1], array.shape[2]): array.shape[0]}) for array in images.values()), Counter()
        ),
        channels=1 if all(array.shape[3:] in ((), (1,)) for array in images.values()) else 3,
        max_value=_max_value(list(images.values())),
        fingerprint=(path.name, str(status.st_size), str(status.st_mtime_ns)),
    )


def read_headers(path: Path) -> dict[str, ArrayHeader]:
    """Per array its (shape, is in Fortran order, dtype). Raises UserError where `path` is no archive."""
    if not zipfile.is_zipfile(path):
        raise UserError(f"{path} is not an .npz archive, or not a complete one.", hint=LAYOUT_HINT)
    headers = {}
    with _reading(path), zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".npy"):
                with archive.open(name) as stream:
                    headers[name.removesuffix(".npy")] = _read_header(stream)
    return headers


def image_array(path: Path, key: str, headers: dict[str, ArrayHeader]) -> ImageArray:
    """The images under `key`. Raises UserError where they aren't (N, H, W), (N, H, W, 1 or 3), uint8 or uint16."""
    shape, fortran_order, dtype = headers[key]
    is_shape = len(shape) == 3 or (len(shape) == 4 and shape[3] in (1, 3))
    if not is_shape or 0 in shape:
        hint = f"Move the channels last: {key}.transpose(0, 2, 3, 1)." if len(shape) == 4 else None
        raise UserError(
            f"{key} of {path} must be (N, H, W) or (N, H, W, 3), and not empty. Got shape {shape}.", hint=hint
        )
    if dtype.kind != "u" or dtype.itemsize > 2:
        raise UserError(
            f"{key} of {path} must be uint8 or uint16. Got {dtype}.",
            hint=f"Values in [0, 1]? Save ({key} * 255).round().astype('uint8').",
        )
    return ImageArray(path, key, shape, dtype, fortran_order)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(f"{path} can't be read: {error}.", hint="Copy or download it again.") from error


def _read_header(stream: IO[bytes]) -> ArrayHeader:
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    return read(stream)


def _read_array(path: Path, key: str) -> np.ndarray:
    with _reading(path), np.load(path, allow_pickle=False) as archive:
        array: np.ndarray = archive[key]
        return array


def _read_labels(path: Path, split: str, headers: dict[str, ArrayHeader], len_images: int) -> np.ndarray:
    """The labels of a split as saved. Raises UserError where they aren't numbers or names, one row per image."""
    key = f"{split}_labels"
    shape, _, dtype = headers[key]
    if dtype.kind not in "biufU" or len(shape) not in (1, 2):
        raise UserError(f"{key} of {path} must be numbers, (N,) or (N, 1). Got {dtype} of shape {shape}.")
    if shape[0] != len_images:
        raise UserError(
            f"{key} of {path} must have one row per image. Got {shape[0]} labels and {len_images} images.",
            hint="Save images and labels of the same rows.",
        )
    return _read_array(path, key)


def _class_targets(
    path: Path, labels: dict[str, np.ndarray], headers: dict[str, ArrayHeader]
) -> tuple[tuple[str, ...], dict[str, np.ndarray]]:
    for split, values in labels.items():
        if values.dtype.kind == "f":
            raise UserError(
                f"{split}_labels of {path} must be integers for a classification. Got {values.dtype}.",
                hint="Save labels.astype(int), or choose --task image-regression.",
            )
        if values.ndim == 2 and values.shape[1] != 1:
            raise UserError(
                f"{split}_labels of {path} must be one class per image, (N,) or (N, 1). Got shape {values.shape}.",
                hint="Images with several labels each aren't supported; save one of the columns.",
            )
    flat = {split: values.reshape(-1) for split, values in labels.items()}
    known = np.unique(flat["train"])
    if len(known) < 2:
        raise UserError(f"A classification needs at least 2 classes. Got only {known[0]} in train_labels of {path}.")
    for split, values in flat.items():
        unknown = np.setdiff1d(values, known)
        if len(unknown):
            raise UserError(
                f"Classes of {split} must have images in train. Got {', '.join(map(str, unknown[:5]))} in "
                f"{split}_labels of {path}, where train has {', '.join(map(str, known[:12]))}.",
                hint="Add train images of these classes, or remove the rows.",
            )
    targets = {split: np.searchsorted(known, values).astype(np.int64) for split, values in flat.items()}
    return _class_names(path, known, headers), targets


def _class_names(path: Path, known: np.ndarray, headers: dict[str, ArrayHeader]) -> tuple[str, ...]:
    if "class_names" not in headers:
        return tuple(str(value) for value in known)
    shape, _, dtype = headers["class_names"]
    if dtype.kind != "U" or shape != (len(known),) or not np.array_equal(known, np.arange(len(known))):
        raise UserError(
            f"class_names of {path} must be a text array with one name per label 0, 1, ..., each label in train. "
            f"Got {dtype} of shape {shape} for the labels {', '.join(map(str, known[:12]))}.",
            hint="Save class_names=np.array(['first', 'second']), or leave it out.",
        )
    return tuple(str(name) for name in _read_array(path, "class_names"))


def _regression_targets(path: Path, labels: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    width = labels["train"].reshape(len(labels["train"]), -1).shape[1]
    targets = {}
    for split, values in labels.items():
        if values.dtype.kind == "U":
            raise UserError(f"{split}_labels of {path} must be numbers for a regression. Got text.")
        targets[split] = values.reshape(len(values), -1).astype(np.float32)
        if targets[split].shape[1] != width or not np.isfinite(targets[split]).all():
            raise UserError(
                f"{split}_labels of {path} must be finite numbers, {width} per image as in train. "
                f"Got shape {values.shape} with {int((~np.isfinite(targets[split])).sum())} not finite.",
                hint="Remove the rows without a target.",
            )
    return targets


def _max_value(arrays: list[ImageArray]) -> int:
    deep = [array for array in arrays if array.dtype.itemsize > 1]
    return round_up_to_bits(max((int(chunk.max()) for array in deep for chunk in array.chunks()), default=0))
