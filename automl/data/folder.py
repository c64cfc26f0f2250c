"""A folder of images with one folder per class, below train/ val/ test/ or without."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from unicodedata import normalize

import numpy as np

from automl.data.files import find_images, subfolders
from automl.data.pixels import SUFFIXES, Header, read_header, read_peak, round_up_to_bits
from automl.data.progress import in_parallel
from automl.data.source import Source, check_unreadable, count_of
from automl.data.split import SPLITS, WEIGHTS, split_off
from automl.errors import UserError

SPLIT_NAMES = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
LAYOUT_HINT = "Arrange the images as FOLDER/<class>/<image> or FOLDER/{train,val,test}/<class>/<image>."


@dataclass(frozen=True)
class ImageFile:
    path: Path
    id: str
    class_name: str


def read_folder(root: Path, *, seed: int, allow_corrupt: bool) -> Source:
    """List, check and split the images below `root`; only their headers are read.

    Raises:
        UserError: There are no images, no class folders, fewer than two classes, too few images in a class to
            split, classes in val or test that train lacks, or too many files that are no images.
    """
    ignored: Counter[str] = Counter()
    notes: list[str] = []
    listed = _list_files(root, ignored, notes)
    if not any(listed.values()):
        raise _no_images(root, ignored)
    headers, unreadable = _read_headers([file for files in listed.values() for file in files])
    check_unreadable(unreadable, len(headers) + len(unreadable), allow_corrupt)
    readable = {split: [file for file in files if file.path in headers] for split, files in listed.items()}
    class_names = _class_names(root, readable)
    parts = _complete_splits(readable, class_names, seed, notes)
    files = [file for split in SPLITS for file in parts[split]]
    return Source(
        name=root.resolve().name,
        class_names=class_names,
        ids={split: tuple(file.id for file in part) for split, part in parts.items()},
        targets={split: _labels(part, class_names) for split, part in parts.items()},
        items=lambda: (file.path for file in files),
        sizes=Counter((header.height, header.width) for header in headers.values()),
        channels=1 if all(header.is_grey for header in headers.values()) else 3,
        max_value=_max_value(headers),
        fingerprint=tuple(_fingerprint(file) for file in files),
        unreadable=unreadable,
        ignored=dict(ignored),
        notes=tuple(notes),
    )


def _list_files(root: Path, ignored: Counter[str], notes: list[str]) -> dict[str, list[ImageFile]]:
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


def _files_by_class(root: Path, folder: Path) -> list[ImageFile]:
    return [
        ImageFile(path, path.relative_to(root).as_posix(), normalize("NFC", class_folder.name))
        for class_folder in subfolders(folder)
        for path in find_images(class_folder, Counter())
    ]


def _read_headers(files: Sequence[ImageFile]) -> tuple[dict[Path, Header], tuple[tuple[str, str], ...]]:
    """The headers of the readable files, and (id, reason) of the others."""

    def read(file: ImageFile) -> Header | str:
        try:
            return read_header(file.path)
        except UserError as error:
            return error.message

    results = list(zip(files, in_parallel(read, files, total=len(files), what="Looking at images"), strict=True))
    headers = {file.path: result for file, result in results if isinstance(result, Header)}
    return headers, tuple((file.id, result) for file, result in results if isinstance(result, str))


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
    train = files["train"]
    rows = split_off(_labels(train, class_names), missing, seed, class_names)
    weights = {split: WEIGHTS[split] for split in SPLITS if split in rows}
    shares = ", ".join(f"{weight / sum(weights.values()):.3g} {split}" for split, weight in weights.items())
    what = "The images were" if len(missing) == 2 else f"There is no {missing[0]}/ with images: train was"
    notes.append(f"{what} split by class with seed {seed}: {shares}.")
    return {**files, **{split: [train[row] for row in part] for split, part in rows.items()}}


def _labels(files: Sequence[ImageFile], class_names: tuple[str, ...]) -> np.ndarray:
    index = {name: label for label, name in enumerate(class_names)}
    return np.array([index[file.class_name] for file in files], dtype=np.int64)


def _max_value(headers: dict[Path, Header]) -> int:
    """The scale of the 16-bit images. They are decoded for it: headers don't tell 12 bits from 16."""
    deep = [path for path, header in headers.items() if header.is_deep]

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
