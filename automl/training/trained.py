"""A trained model, ready to predict."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from automl.components import Catalog, Task, catalog_with
from automl.data import Preparation, TablePreparation, TextPreparation, Unread
from automl.data.table.frames import as_pandas
from automl.errors import Notice
from automl.evaluation.calibration import AS_IT_IS, Calibration
from automl.training.arrays import DeviceArray
from automl.training.assembly import assemble, without_download
from automl.training.bag import Bag
from automl.training.bundle import Part, read_bundle
from automl.training.checkpoint import read_weights
from automl.training.cost import median_ms, size_mb
from automl.training.inference import predict
from automl.training.named_weights import packed
from automl.training.scaling import scaling_for

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class TrainedModel:
    """A model that predicts, with all that it takes to prepare its inputs.

    Args:
        modules: Those of its parts.
        calibration: Of its probabilities.
        threshold: Of two classes, the positive one's probability from which on it is decided for; None: where it is the
            likelier one.
    """

    task: Task
    preparation: Preparation
    parts: tuple[Part, ...]
    modules: tuple[nn.Module, ...]
    calibration: Calibration = AS_IT_IS
    threshold: float | None = None

    def predict(self, inputs: Any) -> np.ndarray:
        """Prepared inputs, uint8 (N, C, H, W), float32 (N, F) or uint8 (N, L), or a pandas or polars frame of raw rows,
        or of a model on texts a list of messages -> float32 (N, num_outputs): probabilities, or values for regression.

        Cells of raw rows that can't be read as training's were count as missing; a `Notice` tells of them.

        Raises:
            UserError: Raw rows lack a column that the model has learned from, or most cells of one are words where
                training had numbers.
        """
        return self.calibration.apply(self.uncalibrated(inputs))

    def uncalibrated(self, inputs: Any) -> np.ndarray:
        """The same before calibration."""
        if not isinstance(inputs, np.ndarray):
            inputs = self._prepared(inputs)
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        rows, scaling = DeviceArray(inputs, device), scaling_for(self.preparation, device)
        predicted = np.zeros((len(inputs), self.task.num_outputs), np.float32)
        for part, module in zip(self.parts, self.modules, strict=True):
            predicted += part.share * predict(module.to(device), rows, scaling, self.task)
        return predicted

    def costs(self, inputs: np.ndarray) -> dict[str, float]:
        """`parameters`, `size_mb` and `latency_ms` (see `automl.training.cost`) of all its parts together.

        Args:
            inputs: Prepared; the first one is predicted.
        """
        return {
            "parameters": float(sum(weight.numel() for module in self.modules for weight in module.parameters())),
            "size_mb": sum(map(size_mb, self.modules)),
            "latency_ms": median_ms(lambda: self.predict(inputs[:1])),
        }

    def _prepared(self, raw: Any) -> np.ndarray:
        preparation = self.preparation
        if isinstance(preparation, TextPreparation):
            return preparation.transform(preparation.frame(raw) if isinstance(raw, list | str) else as_pandas(raw))
        assert isinstance(preparation, TablePreparation), "images are prepared by `ImagePreparation.decode`"
        frame = as_pandas(raw)
        rows, unread = preparation.transform(frame), Unread(preparation, "the rows")
        unread.look(frame, rows)
        if unread.note:
            warnings.warn(unread.note, Notice, stacklevel=4)  # who has called predict
        return rows

    @classmethod
    def load(cls, folder: Path) -> TrainedModel:
        """Loads a bundle's folder. Its plugin files are executed: load only what you trust.

        Warns with a `Notice` where an installed plugin has another version than the model was trained with.

        Raises:
            UserError: As `read_bundle`, or an installed plugin that it needs is missing.
        """
        bundle = read_bundle(folder)
        for note in bundle.notes:
            warnings.warn(note, Notice, stacklevel=2)
        catalog = catalog_with(bundle.plugins)
        modules = tuple(_module(part, catalog, bundle.task) for part in bundle.parts)
        return cls(bundle.task, bundle.preparation, bundle.parts, modules, bundle.calibration, bundle.threshold)


def _module(part: Part, catalog: Catalog, task: Task) -> nn.Module:
    component = catalog.get("model", str(part.configuration["model"]))
    configuration = packed(component, without_download(part.configuration), part.weights.with_suffix(""))
    members = [assemble(catalog, task, configuration).model for _ in range(part.members)]
    module = members[0] if part.members == 1 else Bag(members)
    module.load_state_dict(read_weights(part.weights))
    return module.eval()
