"""The door: a path in, a `Dataset` out; and for predictions, a path in, arrays out."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import blake2b
from itertools import chain
from pathlib import Path

import numpy as np

from automl.components.task import TASK_KINDS, Task
from automl.data.arrays import Decoded, decode_all, decode_into
from automl.data.dataset import Dataset, Split
from automl.data.digits import read_digits
from automl.data.files import SUFFIXES, as_item, find_images, is_image, is_picture, read_header, slice_ids
from automl.data.folder import read_folder
from automl.data.medical import check_installed
from automl.data.npz import image_array, read_headers, read_npz
from automl.data.preparation import ImagePreparation, check_image_size, choose_size
from automl.data.progress import in_parallel
from automl.data.report import DataReport, find_duplicates
from automl.data.source import Item, Source, check_unreadable, list_unreadable
from automl.data.split import SPLITS
from automl.errors import UserError, unknown


def load_dataset(
    path: str | Path | None,
    *,
    task_kind: str = "image-classification",
    image_size: int | None = None,
    allow_corrupt: bool = False,
    seed: int = 0,
    group: str | Path | None = None,
    cache: Path,
    memory_limit: int | None = None,
) -> Dataset:
    """Read, check, split and decode a data set.

    Args:
        path: A folder with one folder per class (below train/, val/, test/ or without) of images, DICOM or NIfTI
            files; an .npz in MedMNIST's layout; or None for the bundled digits.
        task_kind: One of `TASK_KINDS`; a regression needs an .npz.
        image_size: Side of the square that images are resized to, in pixels, 4 to 1024; None chooses from the data.
        allow_corrupt: Go on where more than 5 % of the image files are unreadable.
        seed: Of the splits that the source doesn't have.
        group: Of a folder: a table of file and patient; no patient is in two parts of a split.
        cache: Folder for the arrays of a data set that doesn't fit in memory.
        memory_limit: Bytes that arrays may take in memory; None is a quarter of what is available.

    Raises:
        UserError: The data can't be used; the message says what was found where.
    """
    if task_kind not in TASK_KINDS:
        raise unknown("task kind", task_kind, TASK_KINDS)
    check_image_size(image_size)
    source = _read_source(path, task_kind, seed, allow_corrupt, None if group is None else Path(group).expanduser())
    height, width, size_reason = choose_size(source.sizes, image_size)
    channels = source.channels
    preparation = ImagePreparation(channels, height, width, source.max_value, (0.0,) * channels, (1.0,) * channels)
    decoded = decode_all(source, preparation, cache=cache, memory_limit=memory_limit)
    unreadable = source.unreadable + _failures(source, decoded)
    check_unreadable(unreadable, sum(source.counts) + len(source.unreadable), allow_corrupt)

    rows = _split_rows(source, decoded)
    splits = {split: _cut(source, decoded, split, rows[split]) for split in SPLITS}
    _check_left(source, splits)
    mean, std = decoded.mean_and_std(rows["train"])
    return Dataset(
        name=source.name,
        task=Task(
            kind=task_kind,
            num_outputs=len(source.class_names) or splits["train"].targets.shape[1],
            input_shape=preparation.shape,
            class_names=source.class_names,
        ),
        train=splits["train"],
        val=splits["val"],
        test=splits["test"],
        preparation=replace(preparation, mean=mean, std=std),
        report=_report(source, preparation, size_reason, unreadable, splits, decoded, rows),
        digest=_digest(preparation, splits, decoded, rows),
        test_digest=_digest(preparation, {"test": splits["test"]}, decoded, rows),
    )


def load_inputs(source: str | Path, preparation: ImagePreparation) -> tuple[np.ndarray, tuple[str, ...]]:
    """Images to predict, prepared as the model's training images were.

    Args:
        source: A folder (searched recursively, in natural order), one image, DICOM or NIfTI file, or an .npz with
            `images` (else `test_images`), (N, H, W) or (N, H, W, 3).

    Returns:
        uint8 (N, C, H, W), and per row its path (as given, or relative to the folder; with "#" and a number from 0 on
        where a file has several slices) or row number.

    Raises:
        UserError: There is nothing to predict, or some of it can't be read (all of these are counted, 5 listed).
    """
    source = Path(source).expanduser()
    items, ids = _find_inputs(source)
    decoded = decode_into(np.empty((len(ids), *preparation.shape), np.uint8), items, preparation)
    if decoded.failures:
        unreadable = [(ids[row], reason) for row, reason in decoded.failures.items()]
        raise UserError(
            f"{len(unreadable)} of {len(ids)} images can't be read: {list_unreadable(unreadable)}.",
            hint="Repair or remove them: a prediction is made for every image or for none.",
        )
    return decoded.images, ids


def _read_source(
    path: str | Path | None, task_kind: str, seed: int, allow_corrupt: bool, patients: Path | None
) -> Source:
    path = None if path is None else Path(path).expanduser()
    if patients is not None and (path is None or path.is_file()):
        raise UserError(
            f"--group is for folders of images, whose files it names. Got {path or 'the bundled digits'}, which has "
            "splits of its own.",
            hint="Leave out --group, or give a folder with --data.",
        )
    if task_kind != "image-classification" and (path is None or path.is_dir()):
        raise UserError(
            f"{task_kind} needs an .npz with numbers as labels. Got {path or 'the bundled digits'}.",
            hint="Save train_images, train_labels, val_*, test_* with np.savez_compressed.",
        )
    if path is None:
        return read_digits(seed=seed)
    if path.is_dir():
        return read_folder(path, seed=seed, allow_corrupt=allow_corrupt, patients=patients)
    _check_exists(path)
    if path.suffix.lower() == ".npz":
        return read_npz(path, task_kind=task_kind)
    raise UserError(
        f"The data must be a folder of images or an .npz file. Got {path}.",
        hint="Give the folder that holds the class folders, not a file in it.",
    )


def _find_inputs(source: Path) -> tuple[Iterable[Item], tuple[str, ...]]:
    if source.is_dir():
        paths = find_images(source, Counter())
        if not paths:
            raise UserError(f"No images in {source}; it must have {', '.join(sorted(SUFFIXES))} files.")
        return _image_inputs({path: path.relative_to(source).as_posix() for path in paths})
    _check_exists(source)
    if source.suffix.lower() == ".npz":
        headers = read_headers(source)
        key = next((key for key in ("images", "test_images") if key in headers), None)
        if key is None:
            raise UserError(
                f"{source} must have the array images or test_images. Got {', '.join(headers) or 'none'}.",
                hint="Save it with np.savez_compressed(path, images=...).",
            )
        images = image_array(source, key, headers)
        return images, tuple(str(row) for row in range(images.shape[0]))
    if is_image(source):
        return _image_inputs({source: str(source)})
    raise UserError(
        f"What to predict must be a folder of images, an .npz file, or an image ({', '.join(sorted(SUFFIXES))}). "
        f"Got {source}."
    )


def _image_inputs(names: Mapping[Path, str]) -> tuple[Iterable[Item], tuple[str, ...]]:
    """Items and ids of these files; an unreadable one counts as one image, and is found out when it is decoded."""
    check_installed([path for path in names if not is_picture(path)])

    def count_slices(path: Path) -> int:
        try:
            return 1 if is_picture(path) else read_header(path).slices
        except UserError:
            return 1

    counts = list(in_parallel(count_slices, names, total=len(names), what="Looking at images"))
    items = [as_item(path, count) for path, count in zip(names, counts, strict=True)]
    ids = (slice_ids(name, count) for name, count in zip(names.values(), counts, strict=True))
    return items, tuple(chain.from_iterable(ids))


def _check_exists(path: Path) -> None:
    if not path.exists():
        raise UserError(f"There is no {path}.", hint=f"Relative paths start at {Path.cwd()}.")


def _failures(source: Source, decoded: Decoded) -> tuple[tuple[str, str], ...]:
    ids = [identifier for split in SPLITS for identifier in source.ids[split]]
    return tuple((ids[row], reason) for row, reason in decoded.failures.items())


def _split_rows(source: Source, decoded: Decoded) -> dict[str, slice]:
    """Where each split's rows are in the decoded arrays."""
    ends = np.searchsorted(decoded.kept, np.cumsum(source.counts)).tolist()
    return {split: slice(start, end) for split, start, end in zip(SPLITS, [0, *ends], ends, strict=False)}


def _cut(source: Source, decoded: Decoded, split: str, rows: slice) -> Split:
    start = sum(source.counts[: SPLITS.index(split)])
    kept = decoded.kept[rows] - start
    ids = source.ids[split]
    return Split(decoded.images[rows], source.targets[split][kept], tuple(ids[row] for row in kept))


def _check_left(source: Source, splits: dict[str, Split]) -> None:
    """The files skipped may have been all of a split, or all that train had of a class."""
    empty = [split for split in SPLITS if not len(splits[split])]
    labels = splits["train"].targets
    lost = [name for label, name in enumerate(source.class_names) if not (labels == label).any()]
    if empty or lost:
        what = f"no images of {', '.join(lost[:5])} in train" if lost else f"no images in {' and '.join(empty)}"
        raise UserError(f"Without the unreadable files there are {what}.", hint="Repair them or add images.")


def _report(
    source: Source,
    preparation: ImagePreparation,
    size_reason: str,
    unreadable: tuple[tuple[str, str], ...],
    splits: dict[str, Split],
    decoded: Decoded,
    rows: dict[str, slice],
) -> DataReport:
    targets = {name: split.targets for name, split in splits.items()}
    duplicates, contradictions = find_duplicates(
        {split: decoded.hashes[rows[split]] for split in SPLITS},
        {name: split.ids for name, split in splits.items()},
        targets,
    )
    return DataReport(
        name=source.name,
        class_counts={
            name: {split: int((targets[split] == label).sum()) for split in SPLITS}
            for label, name in enumerate(source.class_names)
        },
        split_counts={name: len(split) for name, split in splits.items()},
        target_ranges={}
        if source.class_names
        else {name: (float(part.min()), float(part.max())) for name, part in targets.items()},
        sizes=tuple((*size, count) for size, count in source.sizes.most_common(5)),
        distinct_sizes=len(source.sizes),
        input_shape=preparation.shape,
        size_reason=size_reason,
        unreadable=unreadable,
        ignored=source.ignored,
        duplicates=duplicates,
        contradictions=contradictions,
        notes=source.notes,
    )


def _digest(preparation: ImagePreparation, splits: dict[str, Split], decoded: Decoded, rows: dict[str, slice]) -> str:
    """Over the hashes of the images: a large data set is read once, not twice."""
    digest = blake2b(str(preparation.shape).encode(), digest_size=8)
    for name, split in splits.items():
        digest.update(decoded.hashes[rows[name]].tobytes() + np.ascontiguousarray(split.targets).tobytes())
    return digest.hexdigest()
