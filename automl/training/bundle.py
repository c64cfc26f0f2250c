"""A trained model as a folder: weights, configurations, task, preparation, plugin sources. No pickle; no torch here."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from automl.components import Catalog, PluginSource, Task, Value, catalog_with, components_of
from automl.data import Preparation, preparation_from_dict, preparation_to_dict
from automl.errors import UserError
from automl.evaluation.calibration import AS_IT_IS, Calibration
from automl.evaluation.rejection import Rejection
from automl.space import chosen_components
from automl.training.named_weights import pack_weights

FORMAT = 5  # 2: preparations of several kinds; 3: several parts; 4: calibration and threshold; 5: rejection
DESCRIPTION = "model.json"
PLUGINS = "plugins"


@dataclass(frozen=True)
class Part:
    """A trained configuration; a model has one or more, and predicts their mean.

    Args:
        weights: Its file of weights.
        members: How many models were trained with it, each on other rows (see `automl.training.bag`).
        share: Its weight in that mean; those of a model add up to 1.
        packed: Folder in a bundle with what the model needs beside its weights (see `Weights.pack`).
    """

    weights: Path
    configuration: Mapping[str, Value]
    members: int = 1
    share: float = 1.0
    packed: Path | None = None


@dataclass(frozen=True)
class Bundle:
    """What stands in a model's folder, weights apart.

    Args:
        parts: Their component names are looked up in `plugins` before what is installed.
        plugins: The file plugins that it needs.
        provenance: Component ("model.resnet") -> where the code came from that it was trained with.
        calibration: Of its probabilities.
        threshold: Of two classes, the positive one's probability from which on it is decided for; None: where it is the
            likelier one.
        rejection: When no class is the answer; None: one always is.
    """

    folder: Path
    task: Task
    preparation: Preparation
    parts: tuple[Part, ...]
    plugins: tuple[PluginSource, ...]
    provenance: dict[str, str]
    calibration: Calibration = AS_IT_IS
    threshold: float | None = None
    rejection: Rejection | None = None

    @property
    def notes(self) -> list[str]:
        """Where what is installed now isn't what it was trained with. Loads the catalog, not torch.

        Raises:
            UserError: A component isn't there any more.
        """
        catalog = catalog_with(self.plugins)
        notes = {}
        for name, trained_with in self.provenance.items():
            kind, _, component = name.partition(".")
            known = catalog.components.get((kind, component))
            if known is None:
                raise UserError(
                    f"The model in {self.folder} needs the {kind} {component} of {trained_with}, which isn't there.",
                    hint=f"Install {trained_with.removeprefix('package ').replace(' ', '==')}, then try again.",
                )
            if known.provenance != trained_with:
                notes[trained_with] = f"The model was trained with {trained_with}; now there is {known.provenance}."
        return list(notes.values())


def read_bundle(folder: Path) -> Bundle:
    """Reads a folder that `write_bundle` wrote. Runs nothing of it.

    Raises:
        UserError: The folder is no bundle, is damaged, or was written by a newer version.
    """
    try:
        described = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        written = int(described["format"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{folder} holds no model of automl: {error!r}.") from error
    if written > FORMAT:
        raise UserError(
            f"The model in {folder} has format {written}; this version reads up to {FORMAT}.",
            hint="Install the version of automl that wrote it, or a newer one.",
        )
    task: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in described["task"].items()
    }
    return Bundle(
        folder,
        Task(**task),
        preparation_from_dict(described["preparation"]),
        tuple(_read_part(folder, entry) for entry in _parts(described)),
        tuple(_read_plugin(folder, entry) for entry in described["plugins"]),
        described["provenance"],
        Calibration.from_dict(described["calibration"]) if "calibration" in described else AS_IT_IS,
        described.get("threshold"),
        Rejection.from_dict(described["rejection"]) if described.get("rejection") else None,
    )


def adjust_bundle(
    folder: Path, calibration: Calibration, threshold: float | None, rejection: Rejection | None = None
) -> None:
    """Gives a bundle's model its calibration, threshold and rejection, which are found by what it predicts."""
    described = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    described |= {"calibration": calibration.to_dict(), "threshold": threshold}
    described |= {"rejection": rejection.to_dict() if rejection else None}
    (folder / DESCRIPTION).write_text(json.dumps(described, indent=2), encoding="utf-8")


def _read_part(folder: Path, entry: Mapping[str, Any]) -> Part:
    packed = folder / entry["packed"] if entry.get("packed") else None
    return Part(**{**entry, "weights": folder / entry["weights"], "packed": packed})


def _parts(described: Mapping[str, Any]) -> list[dict[str, Any]]:
    if "parts" in described:
        return list(described["parts"])
    return [{"weights": "model.safetensors", "configuration": described["configuration"]}]  # up to format 2


def write_bundle(
    folder: Path,
    *,
    parts: Sequence[Part],
    task: Task,
    preparation: Preparation,
    plugins: tuple[PluginSource, ...],
) -> None:
    """Writes the folder that `read_bundle` reads, from trials' best weights; of `plugins`, those that it needs."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / PLUGINS).mkdir(parents=True)
    chosen = dict.fromkeys(key for part in parts for key in chosen_components(part.configuration))
    needed = [source for source in plugins if {component.key for component in components_of(source)} & set(chosen)]
    for source in needed:
        (folder / PLUGINS / f"{source.module}.py").write_text(source.text, encoding="utf-8")
    catalog = catalog_with(needed)
    described = {
        "format": FORMAT,
        "task": asdict(task),
        "preparation": preparation_to_dict(preparation),
        "parts": [_write_part(folder, number, part, catalog) for number, part in enumerate(parts)],
        "plugins": [{"path": p.path, "file": f"{p.module}.py", "sha256": p.sha256} for p in needed],
        "provenance": {".".join(key): catalog.get(*key).provenance for key in chosen},
    }
    (folder / DESCRIPTION).write_text(json.dumps(described, indent=2), encoding="utf-8")


def _write_part(folder: Path, number: int, part: Part, catalog: Catalog) -> dict[str, Any]:
    name = f"model{number or ''}.safetensors"
    shutil.copyfile(part.weights, folder / name)
    packed = pack_weights(catalog.get("model", str(part.configuration["model"])), part.configuration, folder)
    return {**asdict(part), "weights": name, "configuration": dict(part.configuration), "packed": packed}


def _read_plugin(folder: Path, entry: Mapping[str, str]) -> PluginSource:
    """A packed plugin; UserError if it isn't the text that the model was trained with."""
    source = PluginSource(entry["path"], (folder / PLUGINS / entry["file"]).read_text("utf-8"))
    if source.sha256 != entry["sha256"]:
        raise UserError(
            f"The plugin {entry['file']} in {folder} isn't what the model was trained with: its sha256 differs.",
            hint="Restore the model's files from where they were registered.",
        )
    return source
