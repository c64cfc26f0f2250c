"""Where the files of a search lie."""

import time
from pathlib import Path


def new_search_folder(home: Path, domain: str) -> Path:
    """Makes `searches/<time>-<domain>`; its name is the search's."""
    stem = time.strftime("%Y%m%d-%H%M%S") + f"-{domain}"
    for suffix in ("", *(f"-{n}" for n in range(2, 100))):
        folder = home / "searches" / (stem + suffix)
        try:
            folder.mkdir(parents=True)
        except FileExistsError:  # another search began in the same second
            continue
        return folder
    raise FileExistsError(folder)


def trial_folder(search: Path, number: int) -> Path:
    """What a trial writes: `trials/0007`."""
    return search / "trials" / f"{number:04d}"


def weights_of(search: Path, number: int) -> Path:
    """A trial's best weights."""
    return trial_folder(search, number) / "best.safetensors"
