"""A folder of images with one folder per class, below train/ val/ test/ or without."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from unicodedata import normalize

import numpy as np

from automl.data.files import SUFFIXES, as_item, find_images, is_picture, read_header, slice_ids, subfolders
from automl.data.medical import check_installed
from automl.data.patient_table import read_patients
from automl.data.patients import describe_shared
from automl.data.pixels import Header, read_peak, round_up_to_bits
from automl.data.progress import in_parallel
from automl.data.source import Source, check_unreadable, count_of
from automl.data.split import SPLITS, WEIGHTS, split_groups, split_off
from automl.errors import UserError

SPLIT_NAMES = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
LAYOUT_HINT = "Arrange the images as FOLDER/<class>/<image> or FOLDER/{train,val,test}/<class>/<image>."


@dataclass(frozen=True)
class ListedFile:
    path: Path
    id: str
    class_name: str


@dataclass(frozen=True)
class ImageFile(ListedFile):
    header: Header


def read_folder(root: Path, *, seed: int, allow_corrupt: bool, patients: Path | None = None) -> Source:
    """List, check and split the images below `root`; only their headers are read.

    Args:
        patients: A table of file and patient, see `read_patients`, which goes over what files tell themselves.

    Raises:
        UserError: There are no images, no class folders, fewer than two classes, too few images (or patients) in a
            class to split, classes in val or test that train lacks, too many files that are no images, files that
            an extra is needed for, or `patients` can't be used.
    """
    ignored: Counter[str] = Counter()
    notes: list[str] = []
    listed = _list_files(root, ignored, notes)
    if not any(listed.values()):
        raise _no_images(root, ignored)
    readable, unreadable = _read_headers(listed)
    check_unreadable(unreadable, sum(map(len, listed.values())), allow_corrupt)
    if patients is not None:
        readable = _of_patients(readable, patients, notes)
    class_names = _class_names(root, readable)
    parts = _complete_splits(readable, class_names, seed, notes)
    files = [file for split in SPLITS for file in parts[split]]
    notes += _describe_slices(files)
    notes += describe_shared({split: [file.header.group for file in _per_image(part)] for split, part in parts.items()})
    return Source(
        name=root.resolve().name,
        class_names=class_names,
        ids={
            split: tuple(name for file in part for name in slice_ids(file.id, file.header.slices))
            for split, part in parts.items()
        },
        targets={split: _labels(_per_image(part), class_names) for split, part in parts.items()},
        items=lambda: (as_item(file.path, file.header.slices) for file in files),
        sizes=Counter((file.header.height, file.header.width) for file in _per_image(files)),
        channels=1 if all(file.header.is_grey for file in files) else 3,
        max_value=_max_value(files),
        fingerprint=tuple(_fingerprint(file) for file in files),
        unreadable=unreadable,
        ignored=dict(ignored),
        notes=tuple(notes),
    )


def _list_files(root: Path, ignored: Counter[str], notes: list[str]) -> dict[str, list[ListedFile]]:
    """The image files per split; all of them under "train" where the folders don't tell splits."""
    folders = _split_folders(root)
    outside: list[Path] = []
    if folders:
        outside = [path for path in find_images(root, Counter()) if path.parent == root]
        others = [folder.name for folder in subfolders(root) if folder not in folders.values()]
        if others:
            notes.append(f"Not read: {', '.join(others)}, beside train/.")
    listed = {}
    for split, folder in (folders or {"train": root}).items():
        listed[split] = _files_by_class(root, folder)
        loose = [path for path in find_images(folder, ignored) if path.parent == folder]
        if loose and not listed[split]:
            raise UserError(
                f"Images need a folder per class. Got {count_of(len(loose), 'image')} directly in {folder}.",
                hint=LAYOUT_HINT,
            )
        outside += loose
        filled = {file.class_name for file in listed[split]}
        empty = [entry.name for entry in subfolders(folder) if normalize("NFC", entry.name) not in filled]
        if empty:
            notes.append(f"No images in {', '.join(empty[:5])}{', ...' * (len(empty) > 5)} of {folder.name}/.")
    if outside:
        notes.append(f"Not read: {count_of(len(outside), 'image')} outside the class folders, e.g. {outside[0].name}.")
    return listed


def _split_folders(root: Path) -> dict[str, Path]:
    """The folders of train, val, test, where these are the first level. Empty where that is the classes.

    A class may be called "train" (of vehicles, say): then it has other classes beside it, and none of those called
    like splits has folders below.
    """
    folders = subfolders(root)
    named = [folder for folder in folders if folder.name.lower() in SPLIT_NAMES]
    if not named or (len(named) < len(folders) and not any(subfolders(folder) for folder in named)):
        return {}
    if not any(folder.name.lower() == "train" for folder in named):
        raise UserError(
            f"{root} has {', '.join(folder.name + '/' for folder in named)} but no train/ folder.", hint=LAYOUT_HINT
        )
    found: dict[str, Path] = {}
    for folder in named:
        split = SPLIT_NAMES[folder.name.lower()]
        if split in found:
            raise UserError(
                f"{root} has two folders for {split}: {found[split].name}/ and {folder.name}/.",
                hint="Keep one of them.",
            )
        found[split] = folder
    return {split: found[split] for split in SPLITS if split in found}


def _files_by_class(root: Path, folder: Path) -> list[ListedFile]:
    return [
        ListedFile(path, path.relative_to(root).as_posix(), normalize("NFC", class_folder.name))
        for class_folder in subfolders(folder)
        for path in find_images(class_folder, Counter())
    ]


def _read_headers(
    listed: Mapping[str, Sequence[ListedFile]],
) -> tuple[dict[str, list[ImageFile]], tuple[tuple[str, str], ...]]:
    """The readable files per split, and (id, reason) of the others."""
    files = [file for part in listed.values() for file in part]
    check_installed([file.path for file in files if not is_picture(file.path)])

    def read(file: ListedFile) -> Header | str:
        try:
            return read_header(file.path)
        except UserError as error:
            return error.message

    found = dict(zip(files, in_parallel(read, files, total=len(files), what="Looking at images"), strict=True))
    readable = {
        split: [ImageFile(**vars(file), header=header) for file in part if isinstance(header := found[file], Header)]
        for split, part in listed.items()
    }
    return readable, tuple((file.id, reason) for file, reason in found.items() if isinstance(reason, str))


def _of_patients(files: dict[str, list[ImageFile]], table: Path, notes: list[str]) -> dict[str, list[ImageFile]]:
    """The files, each of the patient that the table names."""
    whose, more = read_patients(table, [file.id for part in files.values() for file in part])
    notes += [f"{count_of(len(set(whose.values())), 'patient')}, by {table.name}.", *more]
    return {
        split: [replace(file, header=file.header._replace(group=whose[file.id])) for file in part]
        for split, part in files.items()
    }


def _class_names(root: Path, files: dict[str, list[ImageFile]]) -> tuple[str, ...]:
    """Of train, in natural order (the order of the files)."""
    names = tuple(dict.fromkeys(file.class_name for file in files["train"]))
    for split, part in files.items():
        unknown = sorted({file.class_name for file in part} - set(names))
        if unknown:
            raise UserError(
                f"Classes of {split} must have images in train. Got {', '.join(unknown[:5])}, "
                f"where train has {', '.join(names[:12]) or 'none'}.",
                hint="Add train images of these classes, or remove the folders; names must agree to the letter.",
            )
    if len(names) < 2:
        inner = subfolders(root / names[0]) if names else []
        raise UserError(
            f"A classification needs at least 2 classes with images. Got {len(names)}"
            f"{f' ({names[0]})' if names else ''} in {root}.",
            hint=f"If {root / names[0]} is the data folder, give that." if inner else LAYOUT_HINT,
        )
    return names


def _complete_splits(
    files: dict[str, list[ImageFile]], class_names: tuple[str, ...], seed: int, notes: list[str]
) -> dict[str, list[ImageFile]]:
    """Split what is missing (val, test, or both) off train."""
    missing = [split for split in SPLITS if not files.get(split)]
    if not missing:
        return files
    train, labels = files["train"], _labels(files["train"], class_names)
    images = np.array([file.header.slices for file in train])
    grouped = any(file.header.group or file.header.slices > 1 for file in train)
    if grouped:
        rows = split_groups(labels, images, _group_numbers(train), missing, seed, class_names)
        weights = {split: int(images[rows[split]].sum()) for split in SPLITS if split in rows}
    else:
        rows = split_off(labels, missing, seed, class_names)
        weights = {split: WEIGHTS[split] for split in SPLITS if split in rows}
    shares = ", ".join(f"{weight / sum(weights.values()):.3g} {split}" for split, weight in weights.items())
    what = "The images were" if len(missing) == 2 else f"There is no {missing[0]}/ with images: train was"
    how = ", all of a patient's into one part," if grouped else ""
    notes.append(f"{what} split by class{how} with seed {seed}: {shares}.")
    return {**files, **{split: [train[row] for row in part] for split, part in rows.items()}}


def _group_numbers(files: Sequence[ImageFile]) -> np.ndarray:
    """int64 (N,), from 0 in the order of the files; a file that doesn't tell whose it is is a group of its own."""
    numbers: dict[bytes | str, int] = {}
    return np.array([numbers.setdefault(file.header.group or file.id, len(numbers)) for file in files])


def _per_image(files: Sequence[ImageFile]) -> list[ImageFile]:
    return [file for file in files for _ in range(file.header.slices)]


def _labels(files: Sequence[ImageFile], class_names: tuple[str, ...]) -> np.ndarray:
    index = {name: label for label, name in enumerate(class_names)}
    return np.array([index[file.class_name] for file in files], dtype=np.int64)


def _describe_slices(files: Sequence[ImageFile]) -> list[str]:
    found = [file for file in files if not is_picture(file.path)]
    if not found:
        return []
    slices = sum(file.header.slices for file in found)
    patients = len({file.header.group for file in found if file.header.group})
    unknown = sum(not file.header.group for file in found)
    counts = [count_of(len(found), "file"), count_of(slices, "slice"), count_of(patients, "patient")]
    if unknown:
        counts.append(f"{count_of(unknown, 'file')} that name no patient")
    return [f"DICOM and NIfTI: {', '.join(counts)}."]


def _max_value(files: Sequence[ImageFile]) -> int:
    """The scale of the 16-bit images. They are decoded for it: headers don't tell 12 bits from 16."""
    deep = [file.path for file in files if file.header.is_deep]

    def peak(path: Path) -> int:
        try:
            return read_peak(path)
        except UserError:  # It will be reported when all images are decoded.
            return 0

    peaks = in_parallel(peak, deep, total=len(deep), what="Finding the range of 16-bit images")
    return round_up_to_bits(max(peaks, default=0))


def _fingerprint(file: ImageFile) -> str:
    status = file.path.stat()
    return f"{file.id} {status.st_size} {status.st_mtime_ns}"


def _no_images(root: Path, ignored: Counter[str]) -> UserError:
    found = ", ".join(f"{suffix} ({count})" for suffix, count in ignored.most_common(5))
    return UserError(
        f"No images in {root}; it must have {', '.join(sorted(SUFFIXES))} files. Got {found or 'an empty folder'}.",
        hint=LAYOUT_HINT,
    )
