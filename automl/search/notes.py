"""What a search notes of itself, so that it can be resumed: `search.json`, `experiment.yaml` and its plugins' texts."""

from __future__ import annotations

import json
import os
import secrets
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from automl.components import PluginSource
from automl.config import Experiment
from automl.errors import UserError, unknown
from automl.search.clock import used_time
from automl.search.folders import SEARCHES

if TYPE_CHECKING:
    from automl.search.runner import Plan

FORMAT = 1
FILE = "search.json"


@dataclass(frozen=True)
class Notes:
    """A search as it was begun.

    Args:
        study: Name of its study.
        digest: Of the data and its split.
        plugins: The texts that its workers run, whatever has become of the files.
        provenance: Component ("model.resnet") -> where its code came from.
        used: Seconds that it has run, breaks not counted.
        ended: Why it ended, where it did.
        winner: The number of its winner's trial, where it has one.
        threads: Of each trial.
    """

    folder: Path
    experiment: Experiment
    study: str
    digest: str
    plugins: tuple[PluginSource, ...]
    provenance: dict[str, str]
    used: float
    ended: str | None
    winner: int | None
    threads: int | None


def write_notes(plan: Plan) -> str:
    """Notes a plan in its folder; returns the experiment as YAML."""
    folder = plan.folder
    text = yaml.safe_dump(plan.experiment.model_dump(mode="json", exclude_none=True), sort_keys=False)
    (folder / "experiment.yaml").write_text(text, encoding="utf-8")
    (folder / "plugins").mkdir(exist_ok=True)
    # In a database there are the studies of others, of a search that began in the same second, too.
    suffix = f"-{secrets.token_hex(4)}" if plan.experiment.storage else ""
    for source in plan.plugins:
        (folder / "plugins" / f"{source.module}.py").write_text(source.text, encoding="utf-8")
    _write(
        folder,
        {
            "format": FORMAT,
            "from": os.getcwd(),
            "command": shlex.join(["automl", *sys.argv[1:]]),
            "study": folder.name + suffix,
            "digest": plan.data.digest,
            "plugins": [{"path": source.path, "file": f"{source.module}.py"} for source in plan.plugins],
            "provenance": {".".join(component.key): component.provenance for component in plan.components},
            "ended": None,
            "threads": plan.shares.threads,
        },
    )
    return text


def note_start(plan: Plan) -> None:
    """Notes that a search goes on."""
    _write(plan.folder, _read(plan.folder) | {"ended": None, "winner": None, "threads": plan.shares.threads})


def note_end(folder: Path, ended_by: str, winner: int | None) -> None:
    """Notes why a search has ended, and which trial has won."""
    _write(folder, _read(folder) | {"ended": ended_by, "winner": winner})


def find_search(home: Path, name: str | None) -> Notes:
    """A search by its name; None: the latest one that hasn't ended.

    Raises:
        UserError: There is no such search, its notes are damaged or a newer version wrote them.
    """
    folders = sorted(path.parent for path in (home / SEARCHES).glob(f"*/{FILE}"))
    if name is not None:
        found = [folder for folder in folders if folder.name == name]
        if not found:
            raise unknown("search", name, [folder.name for folder in folders])
        return _notes(found[0])
    for folder in reversed(folders):
        if not _read(folder)["ended"]:
            return _notes(folder)
    raise UserError(
        f"There is no search to resume in {home}: {'all have ended' if folders else 'there is none at all'}.",
        hint="`automl search` starts one; --home names another folder; --continue gives an ended one more budget.",
    )


def study_of(folder: Path) -> str:
    """How the study of a search is called."""
    name: str = _read(folder).get("study", folder.name)
    return name


def has_ended(folder: Path) -> bool:
    """Whether a search has come to its end; UserError where its notes are damaged."""
    return bool(_read(folder)["ended"])


def command_of(folder: Path) -> str:
    """The command that began a search."""
    command: str = _read(folder).get("command", "")
    return command


def _notes(folder: Path) -> Notes:
    raw = _read(folder)
    experiment = Experiment.model_validate(yaml.safe_load((folder / "experiment.yaml").read_text("utf-8")))
    data = experiment.data
    if data and not Path(data).exists():  # a relative path, and resumed from another folder
        experiment = experiment.model_copy(update={"data": str(Path(raw["from"], data))})
    texts = ((entry["path"], folder / "plugins" / entry["file"]) for entry in raw["plugins"])
    plugins = tuple(PluginSource(path, file.read_text("utf-8")) for path, file in texts)
    return Notes(
        folder,
        experiment,
        study_of(folder),
        raw["digest"],
        plugins,
        raw["provenance"],
        used_time(folder),
        raw["ended"],
        raw.get("winner"),
        raw.get("threads"),
    )


def _read(folder: Path) -> dict[str, Any]:
    try:
        raw: dict[str, Any] = json.loads((folder / FILE).read_text("utf-8"))
        written = int(raw["format"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{folder / FILE} is damaged: {error!r}.", hint="Start a new search.") from error
    if written > FORMAT:
        raise UserError(
            f"The search {folder.name} was written by a newer version of automl (format {written}, this one knows "
            f"{FORMAT}).",
            hint="Update automl.",
        )
    return raw


def _write(folder: Path, raw: dict[str, Any]) -> None:
    temporary = folder / f"{FILE}.tmp"
    temporary.write_text(json.dumps(raw, indent=2), encoding="utf-8")
    os.replace(temporary, folder / FILE)
