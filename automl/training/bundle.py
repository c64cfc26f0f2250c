"""A trained model as a folder: weights, configuration, task, preparation and plugin sources. No pickle."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from automl.components import PluginSource, Task, Value, load_catalog
from automl.data import ImagePreparation
from automl.errors import UserError
from automl.training.arrays import DeviceArray, Normalize
from automl.training.assembly import assemble, without_download
from automl.training.checkpoint import read_weights
from automl.training.inference import predict

FORMAT = 1
WEIGHTS = "model.safetensors"
DESCRIPTION = "model.json"
PLUGINS = "plugins"


@dataclass(frozen=True)
class TrainedModel:
    """A model that predicts, with all that it takes to prepare its inputs."""

    task: Task
    preparation: ImagePreparation
    configuration: dict[str, Value]
    module: nn.Module

    def predict(self, inputs: np.ndarray) -> np.ndarray:
        """uint8 (N, C, H, W) -> float32 (N, num_outputs): probabilities, or values for regression."""
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        model = self.module.to(device)
        return predict(model, DeviceArray(inputs, device), Normalize(self.preparation, device), self.task)

    @classmethod
    def load(cls, folder: Path) -> TrainedModel:
        """Reads a folder that `write_bundle` wrote. Its plugin files are executed: load only what you trust.

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
        sources = [_read_plugin(folder, entry) for entry in described["plugins"]]
        raw = described["task"] | {"input_shape": tuple(described["task"]["input_shape"])}
        task = Task(**raw | {"class_names": tuple(raw["class_names"])})
        module = assemble(load_catalog(sources), task, without_download(described["configuration"])).model
        module.load_state_dict(read_weights(folder / WEIGHTS))
        return cls(
            task, ImagePreparation.from_dict(described["preparation"]), described["configuration"], module.eval()
        )


def _read_plugin(folder: Path, entry: Mapping[str, str]) -> PluginSource:
    """A packed plugin; UserError if it isn't the text that the model was trained with."""
    source = PluginSource(entry["path"], (folder / PLUGINS / entry["file"]).read_text("utf-8"))
    if source.sha256 != entry["sha256"]:
        raise UserError(
            f"The plugin {entry['file']} in {folder} isn't what the model was trained with: its sha256 differs.",
            hint="Restore the model's files from where they were registered.",
        )
    return source


def write_bundle(
    folder: Path,
    *,
    weights: Path,
    task: Task,
    preparation: ImagePreparation,
    configuration: Mapping[str, Value],
    plugins: tuple[PluginSource, ...],
) -> None:
    """Writes the folder that `TrainedModel.load` reads, from a trial's best weights."""
    (folder / PLUGINS).mkdir(parents=True, exist_ok=True)
    shutil.copyfile(weights, folder / WEIGHTS)
    files = [{"path": p.path, "file": f"{p.module}.py", "sha256": p.sha256} for p in plugins]
    for source, entry in zip(plugins, files, strict=True):
        (folder / PLUGINS / entry["file"]).write_text(source.text, encoding="utf-8")
    described = {
        "format": FORMAT,
        "task": asdict(task),
        "preparation": preparation.to_dict(),
        "configuration": dict(configuration),
        "plugins": files,
    }
    (folder / DESCRIPTION).write_text(json.dumps(described, indent=2), encoding="utf-8")
