"""Decoding all images once, into memory or, where they don't fit, into a memory map that is kept."""

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np

from automl.data.medical import MedicalFile
from automl.data.memory import available_memory
from automl.data.preparation import ImagePreparation
from automl.data.progress import BATCH, in_parallel
from automl.data.source import Item, Source, count_images
from automl.errors import UserError

HASH_BYTES = 16
STD_FLOOR = 1e-3  # a quarter of a grey level: a constant channel mustn't be divided by 0


@dataclass(frozen=True, eq=False)
class Decoded:
    """The images that could be decoded, in the source's order.

    Args:
        images: uint8 (M, C, H, W).
        kept: int64 (M,), their row numbers in the source.
        hashes: uint8 (M, 16), of each image's decoded bytes.
        sums, squares: int64 (M, C), of each image's values and squared values.
        failures: The reasons of the others, by row number in the source.
    """

    images: np.ndarray
    kept: np.ndarray
    hashes: np.ndarray
    sums: np.ndarray
    squares: np.ndarray
    failures: dict[int, str]

    def mean_and_std(self, rows: slice) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Per channel, of these rows, in [0, 1] units; std is at least `STD_FLOOR`."""
        pixels = self.images.shape[2] * self.images.shape[3] * len(self.images[rows])
        mean = self.sums[rows].sum(axis=0) / pixels
        variance = self.squares[rows].sum(axis=0) / pixels - mean**2
        std = np.sqrt(np.maximum(variance, 0))
        return tuple((mean / 255).tolist()), tuple(np.maximum(std / 255, STD_FLOOR).tolist())


def decode_all(source: Source, preparation: ImagePreparation, *, cache: Path, memory_limit: int | None) -> Decoded:
    """Decode the images of `source` in threads.

    Where their arrays take more than `memory_limit` bytes (default: a quarter of the available memory), they are
    written below `cache` and mapped read-only; the next call with the same files and preparation finds them there.

    Raises:
        UserError: The disk of `cache` has no room.
    """
    count = sum(source.counts)
    shape = (count, *preparation.shape)
    limit = available_memory() // 4 if memory_limit is None else memory_limit
    if int(np.prod(shape)) <= limit:
        return decode_into(np.empty(shape, np.uint8), source.items(), preparation)
    folder = cache / _cache_name(source, preparation)
    if not folder.exists():
        _write_cache(folder, source, preparation, shape)
    return _read_cache(folder)


def decode_into(images: np.ndarray, items: Iterable[Item], preparation: ImagePreparation) -> Decoded:
    """Decode `items` into the rows of `images`, uint8 (N, C, H, W); failed ones are closed up."""
    count, channels = images.shape[:2]
    hashes = np.zeros((count, HASH_BYTES), np.uint8)
    failures: dict[int, str] = {}

    def decode(numbered: tuple[int, Item]) -> None:
        start, item = numbered
        row = start
        try:
            for image in item.images() if isinstance(item, MedicalFile) else [item]:
                images[row] = decoded = preparation.decode(image)
                hashes[row] = np.frombuffer(blake2b(decoded.data, digest_size=HASH_BYTES).digest(), np.uint8)
                row += 1
        except UserError as error:
            failures.update(dict.fromkeys(range(row, start + count_images(item)), error.message))

    def size(numbered: tuple[int, Item]) -> int:
        return count_images(numbered[1])

    for _ in in_parallel(decode, _with_first_rows(items), total=count, what="Decoding images", size=size):
        pass
    kept = np.setdiff1d(np.arange(count), list(failures)) if failures else np.arange(count)
    if failures:
        for new, old in enumerate(kept):
            if new != old:
                images[new] = images[old]
    images = images[: len(kept)]
    sums = np.empty((len(kept), channels), np.int64)
    squares = np.empty_like(sums)
    for start in range(0, len(kept), BATCH):
        flat = images[start : start + BATCH].reshape(-1, channels, images.shape[2] * images.shape[3])
        sums[start : start + BATCH] = flat.sum(axis=2, dtype=np.int64)
        squares[start : start + BATCH] = np.einsum("ncp,ncp->nc", flat, flat, dtype=np.int64)
    return Decoded(images, kept, hashes[kept], sums, squares, dict(sorted(failures.items())))


def _with_first_rows(items: Iterable[Item]) -> Iterator[tuple[int, Item]]:
    row = 0
    for item in items:
        yield row, item
        row += count_images(item)


def _cache_name(source: Source, preparation: ImagePreparation) -> str:
    described = json.dumps([source.name, source.fingerprint, preparation.shape, preparation.max_value])
    return blake2b(described.encode(), digest_size=HASH_BYTES).hexdigest()


def _write_cache(folder: Path, source: Source, preparation: ImagePreparation, shape: tuple[int, ...]) -> None:
    """Written under a temporary name and renamed when complete: a killed run leaves nothing that looks finished."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    needed, free = int(np.prod(shape)), shutil.disk_usage(folder.parent).free
    if needed > free:  # A map on a full disk kills the process with SIGBUS.
        raise UserError(
            f"The decoded images need {needed / 1e9:.1f} GB in {folder.parent}. Got {free / 1e9:.1f} GB free.",
            hint="Choose a smaller --image-size, or put the runs on a larger disk with --home.",
        )
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        images = np.lib.format.open_memmap(partial / "images.npy", mode="w+", dtype=np.uint8, shape=shape)
        decoded = decode_into(images, source.items(), preparation)
        images.flush()
        np.savez(
            partial / "facts.npz",
            kept=decoded.kept,
            hashes=decoded.hashes,
            sums=decoded.sums,
            squares=decoded.squares,
        )
        (partial / "failures.json").write_text(json.dumps(decoded.failures))
        partial.chmod(0o755)  # mkdtemp's 0700 would keep workers of another user out
        try:
            partial.rename(folder)
        except OSError:
            if not folder.exists():  # Otherwise another process was faster, and its copy is as good.
                raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _read_cache(folder: Path) -> Decoded:
    images = np.load(folder / "images.npy", mmap_mode="r", allow_pickle=False)
    failures = json.loads((folder / "failures.json").read_text())
    with np.load(folder / "facts.npz", allow_pickle=False) as facts:
        return Decoded(
            images=images[: len(facts["kept"])],
            kept=facts["kept"],
            hashes=facts["hashes"],
            sums=facts["sums"],
            squares=facts["squares"],
            failures={int(row): reason for row, reason in failures.items()},
        )
