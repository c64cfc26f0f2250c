"""Work on many small things in threads, with a progress bar on a terminal."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

BATCH = 256  # how many things are in memory at once
MAX_THREADS = 16


def in_parallel(
    function: Callable[[T], R], things: Iterable[T], *, total: int, what: str, size: Callable[[T], int] = lambda _: 1
) -> Iterator[R]:
    """The results in the order of `things`, which are drawn batch by batch, so they may be a stream.

    Args:
        total: The sum of the things' sizes.
        what: The bar's label. The bar goes to stderr, and only where that is a terminal.
        size: How far a thing moves the bar.
    """
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    remaining = iter(things)
    with (
        Progress(console=console, transient=True, disable=not console.is_terminal) as progress,
        ThreadPoolExecutor(min(_usable_cores(), MAX_THREADS)) as pool,
    ):
        bar = progress.add_task(what, total=total)
        while batch := list(islice(remaining, BATCH)):
            for thing, result in zip(batch, pool.map(function, batch), strict=True):
                yield result
                progress.advance(bar, size(thing))


def watched(things: Sequence[T], what: str) -> Iterator[T]:
    """Things one after the other, with the same bar."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return iter(track(things, what, console=console, transient=True, disable=not console.is_terminal))


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):  # On Linux: what this process may use, not what the machine has.
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
