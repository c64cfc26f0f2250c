"""A trial's checkpoint becomes another's."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Protocol

from automl.search.folders import checkpoint_of, healed_reports_of, trial_folder


class Handover(Protocol):
    """In two steps, between which it is written down that the trial goes on from the other one: a kill leaves neither
    half of a checkpoint nor one of which nobody knows whose it is."""

    def prepare(self, donor: int, heir: int, epoch: int) -> bool:
        """Puts the donor's checkpoint, of after `epoch` epochs, beside the heir's; False where that can't be done."""
        ...

    def complete(self, heir: int, epoch: int) -> None:
        """The heir's own checkpoint is replaced; where that was done, nothing happens."""
        ...


class Checkpoints:
    """Files in a search's folder."""

    def __init__(self, search: Path) -> None:
        self._search = search

    def prepare(self, donor: int, heir: int, epoch: int) -> bool:
        healed_reports_of(self._search, heir)  # some may stand in its checkpoint alone
        try:
            shutil.copyfile(checkpoint_of(self._search, donor), self._inherited(heir, epoch))
        except OSError:  # the disk is full, say
            return False
        return True

    def complete(self, heir: int, epoch: int) -> None:
        if self._inherited(heir, epoch).exists():
            os.replace(self._inherited(heir, epoch), checkpoint_of(self._search, heir))

    def _inherited(self, heir: int, epoch: int) -> Path:
        return trial_folder(self._search, heir) / f"inherited-{epoch}.safetensors"
