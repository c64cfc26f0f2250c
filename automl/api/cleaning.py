"""Earlier searches that may go: their folders, and the runs of trials that didn't win."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from automl.config import find_home
from automl.errors import UserError
from automl.search.folders import SEARCHES, held
from automl.search.notes import FILE, has_ended
from automl.tracking import Store, open_store
from automl.tracking.purge import delete_runs, find_losers


@dataclass(frozen=True)
class Earlier:
    """A search that may go.

    Args:
        state: "ended", "broken off", or "running": that stays.
        size: Bytes of its folder.
        runs: Ids of its losers' runs in MLflow. Its own run and its winner's stay, and what was registered.
    """

    folder: Path
    state: str
    size: int
    runs: tuple[str, ...]

    @property
    def stays(self) -> bool:
        return self.state == "running"


def find_earlier(*, keep_last: int, home: str | Path | None = None) -> list[Earlier]:
    """All searches but the latest `keep_last`, the oldest first. Nothing is changed.

    Raises:
        UserError: The store can't be used.
    """
    folder = find_home(home)
    names = sorted(path.parent.name for path in (folder / SEARCHES).glob(f"*/{FILE}"))
    old = names[: max(0, len(names) - keep_last)]
    if not old:
        return []
    store = open_store(folder)
    registered = _registered(store)
    return [_earlier(store, folder / SEARCHES / name, registered) for name in old]


def remove(searches: Iterable[Earlier], *, home: str | Path | None = None) -> tuple[list[Earlier], bool]:
    """Deletes folders and runs; what has begun to run in the meantime stays.

    Returns:
        What went, and whether its runs went for good, see `delete_runs`.
    """
    store, gone = open_store(find_home(home)), []
    for search in searches:
        if search.stays:
            continue
        try:
            with held(search.folder):
                shutil.rmtree(search.folder)
        except UserError:
            continue
        gone.append(search)
    for_good = delete_runs(store, [run for search in gone for run in search.runs])
    return gone, for_good


def _earlier(store: Store, folder: Path, registered: set[str]) -> Earlier:
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if _is_running(folder):
        return Earlier(folder, "running", size, ())
    try:
        ended = has_ended(folder)
    except UserError:  # damaged notes
        ended = False
    losers = tuple(find_losers(store, folder.name, registered))
    return Earlier(folder, "ended" if ended else "broken off", size, losers)


def _is_running(folder: Path) -> bool:
    """Whether a process holds its lock; nothing is written."""
    import fcntl

    lock = folder / "lock"
    if not lock.exists():
        return False
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _registered(store: Store) -> set[str]:
    """The runs that registered versions come from."""
    from automl.registry.versions import source_runs

    return source_runs(store.client())
