"""What was found in the data, for people, before the first trial."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from automl.data.source import count_of, list_unreadable
from automl.data.split import SPLITS

MAX_CLASSES_SHOWN = 12


@dataclass(frozen=True)
class Duplicates:
    """Images of `split` that are exact copies (after decoding) of one that comes earlier, in `first_split`."""

    first_split: str
    split: str
    count: int
    example: tuple[str, str]  # ids: the earlier one, the copy


@dataclass(frozen=True)
class DataReport:
    """What was found.

    Args:
        name: Of the data set.
        class_counts: Per class, the number of images in each split; empty for regression.
        split_counts: Images per split.
        target_ranges: For regression, per split the smallest and largest target.
        sizes: (height, width, count) of the most frequent sizes found, at most 5.
        distinct_sizes: How many sizes there are.
        input_shape: (C, H, W) that all images were decoded to.
        size_reason: Why this size.
        unreadable: (id, reason) of the files skipped.
        ignored: How many files with other suffixes there are, per suffix.
        duplicates: Within each split and across splits.
        contradictions: Copies whose label differs from the first one's; `count` is over all splits.
        notes: How the data was read, where a choice was made.
    """

    name: str
    class_counts: Mapping[str, Mapping[str, int]]
    split_counts: Mapping[str, int]
    target_ranges: Mapping[str, tuple[float, float]]
    sizes: tuple[tuple[int, int, int], ...]
    distinct_sizes: int
    input_shape: tuple[int, int, int]
    size_reason: str
    unreadable: tuple[tuple[str, str], ...]
    ignored: Mapping[str, int]
    duplicates: tuple[Duplicates, ...]
    contradictions: Duplicates | None
    notes: tuple[str, ...]

    @property
    def duplicates_across(self) -> tuple[Duplicates, ...]:
        """Those that let the model see in training what it is scored on."""
        return tuple(found for found in self.duplicates if found.first_split != found.split)

    @property
    def duplicates_within(self) -> tuple[Duplicates, ...]:
        return tuple(found for found in self.duplicates if found.first_split == found.split)

    def lines(self) -> list[str]:
        """A few lines to print: counts, the size, then what deserves attention."""
        channels, height, width = self.input_shape
        classes = f", {len(self.class_counts)} classes" if self.class_counts else ""
        colours = "grey" if channels == 1 else "RGB"
        images = count_of(sum(self.split_counts.values()), "image")
        return [
            f"{self.name}: {images}{classes}, {colours} {height} x {width} px",
            *split_table(self.class_counts, self.split_counts, self.target_ranges),
            f"Size: {height} x {width} px ({self.size_reason}).{self._sizes_found()}",
            *self.notes,
            *self._files_left_out(),
            *self._warnings(),
        ]

    def _sizes_found(self) -> str:
        if self.distinct_sizes == 1:
            height, width, _ = self.sizes[0]
            return "" if (height, width) == self.input_shape[1:] else f" All images were {height} x {width}."
        height, width, count = self.sizes[0]
        return f" There are {self.distinct_sizes} sizes, most often {height} x {width} ({count_of(count, 'image')})."

    def _files_left_out(self) -> list[str]:
        lines = []
        if self.unreadable:
            lines.append(
                f"Skipped {count_of(len(self.unreadable), 'unreadable file')}: {list_unreadable(self.unreadable)}."
            )
        if self.ignored:
            suffixes = ", ".join(f"{suffix} ({count})" for suffix, count in list(self.ignored.items())[:5])
            lines.append(f"Ignored {count_of(sum(self.ignored.values()), 'other file')}: {suffixes}.")
        return lines

    def _warnings(self) -> list[str]:
        lines = []
        for found in self.duplicates_across:
            lines.append(
                f"Warning: exact copies of images in {found.first_split} make up {found.count} of "
                f"{count_of(self.split_counts[found.split], 'image')} in {found.split}, e.g. {found.example[1]} "
                f"of {found.example[0]}: scores on {found.split} look better than they are."
            )
        if self.contradictions:
            first, copy = self.contradictions.example
            lines.append(
                f"Warning: {count_of(self.contradictions.count, 'exact copy', 'exact copies')} with another label "
                f"than the original, e.g. {first} and {copy}."
            )
        for split in ("val", "test"):
            absent = [name for name, counts in self.class_counts.items() if not counts[split]]
            if absent:
                lines.append(f"Warning: {split} has no images of {', '.join(absent[:5])}{', ...' * (len(absent) > 5)}.")
        if self.duplicates_within:
            counts = ", ".join(f"{found.count} in {found.split}" for found in self.duplicates_within)
            lines.append(f"Exact copies within a split: {counts}.")
        return lines


def split_table(
    class_counts: Mapping[str, Mapping[str, int]],
    split_counts: Mapping[str, int],
    target_ranges: Mapping[str, tuple[float, float]],
) -> list[str]:
    """Lines of a table with a column for each split: arguments as in `DataReport`."""
    rows: list[tuple[str, ...]] = [("", *SPLITS)]
    for name in list(class_counts)[:MAX_CLASSES_SHOWN]:
        rows.append((shorten(name), *(f"{class_counts[name][split]:,}" for split in SPLITS)))
    for edge, label in enumerate(("smallest target", "largest target")):
        if target_ranges:
            rows.append((label, *(f"{target_ranges[split][edge]:.4g}" for split in SPLITS)))
    rows.append(("total", *(f"{split_counts[split]:,}" for split in SPLITS)))
    lines = aligned(rows)
    more = len(class_counts) - MAX_CLASSES_SHOWN
    if more > 0:
        lines.insert(-1, f"  and {more} more")
    return lines


def aligned(rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """Rows of cells as indented lines: the first `left` columns to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = [str.ljust] * left + [str.rjust] * (len(widths) - left)
    return [
        "  " + "  ".join(side(cell, width) for side, cell, width in zip(sides, row, widths, strict=True)).rstrip()
        for row in rows
    ]


def find_duplicates(
    hashes: Mapping[str, np.ndarray], ids: Mapping[str, Sequence[str]], targets: Mapping[str, np.ndarray]
) -> tuple[tuple[Duplicates, ...], Duplicates | None]:
    """Exact copies within and across splits, and those among them whose targets contradict each other.

    Args:
        hashes: Per split, uint8 (N, 16), of the decoded images.
        ids, targets: Per split, of the same rows. The examples are "split: id" where an id alone is ambiguous.
    """
    seen: dict[bytes, tuple[str, int]] = {}
    copies: dict[tuple[str, str], list[tuple[int, int]]] = {}
    contradictions: list[tuple[str, int, str, int]] = []
    for split in SPLITS:
        for row, digest in enumerate(hashes[split]):
            first_split, first_row = seen.setdefault(digest.tobytes(), (split, row))
            if (first_split, first_row) == (split, row):
                continue
            copies.setdefault((first_split, split), []).append((first_row, row))
            if not np.array_equal(targets[first_split][first_row], targets[split][row]):
                contradictions.append((first_split, first_row, split, row))

    def label(split: str, row: int) -> str:
        identifier = ids[split][row]
        return f"{split} row {identifier}" if identifier.isdecimal() else identifier

    def report(first_split: str, split: str, count: int, first_row: int, row: int) -> Duplicates:
        return Duplicates(first_split, split, count, (label(first_split, first_row), label(split, row)))

    found = tuple(report(*splits, len(pairs), *pairs[0]) for splits, pairs in copies.items())
    if not contradictions:
        return found, None
    first_split, first_row, split, row = contradictions[0]
    return found, report(first_split, split, len(contradictions), first_row, row)


def shorten(name: str, limit: int = 30) -> str:
    return name if len(name) <= limit else f"{name[: limit - 1]}…"
