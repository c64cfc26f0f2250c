"""A trained model, ready to predict."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from automl.components import Catalog, Task, catalog_with
from automl.data import Marked, Preparation, TablePreparation, TextPreparation, Unread, lay
from automl.data.table.frames import as_pandas
from automl.errors import Notice
from automl.evaluation.calibration import AS_IT_IS, Calibration
from automl.evaluation.decision import flags
from automl.evaluation.rejection import Rejection, outside_of
from automl.training.arrays import DeviceArray
from automl.training.assembly import assemble, without_download
from automl.training.bag import Bag
from automl.training.bundle import Part, read_bundle
from automl.training.checkpoint import read_weights
from automl.training.cost import size_mb, timed
from automl.training.entities import Entity, entities_of
from automl.training.inference import embed, predict, predict_with_energies
from automl.training.named_weights import with_packed
from automl.training.scaling import Scaling, scaling_for

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
        rejection: When no class is the answer; None: one always is.
        cache: Folder of what nets have read of texts, see `Readings`; None: what it is asked for is kept nowhere.
    """

    task: Task
    preparation: Preparation
    parts: tuple[Part, ...]
    modules: tuple[nn.Module, ...]
    calibration: Calibration = AS_IT_IS
    threshold: float | None = None
    rejection: Rejection | None = None
    cache: Path | None = None

    def predict(self, inputs: Any) -> np.ndarray:
        """Prepared inputs, uint8 (N, C, H, W), float32 (N, F) or uint8 (N, L), or a pandas or polars frame of raw rows,
        or of a model on texts a list of messages -> float32 (N, num_outputs): probabilities, or values for regression.
        Where each word has a class, of all words one after the other; `entities` makes something of them.

        Cells of raw rows that can't be read as training's were count as missing; a `Notice` tells of them.

        Raises:
            UserError: Raw rows lack a column that the model has learned from, or most cells of one are words where
                training had numbers.
        """
        return self.calibration.apply(self.uncalibrated(inputs))

    def answer(self, inputs: Any) -> tuple[np.ndarray, np.ndarray]:
        """What `predict` gives of a classification, and the class decided for, texts (N,); `rejection.label` where
        none fits."""
        if self.rejection is None:
            found = self.predict(inputs)
            return found, self.decide(found)
        uncalibrated, energies = self.with_energies(inputs, outside_of(self.task.class_names, self.rejection.label))
        found = self.calibration.apply(uncalibrated)
        return found, self.decide(found, energies)

    def decide(self, found: np.ndarray, energies: np.ndarray | None = None) -> np.ndarray:
        """The class decided for, texts (N,), by what `predict` gives of a classification.

        Args:
            energies: What `with_energies` gives; needed where the rejection goes by them.
        """
        names = self.task.class_names
        if self.rejection is not None:
            return self.rejection.decide(names, found, energies, self.threshold)
        chosen = found.argmax(1) if self.threshold is None else flags(found, self.threshold).astype(int)
        decided: np.ndarray = np.array(names, object)[chosen]
        return decided

    def entities(self, messages: Sequence[str | Marked]) -> list[list[Entity]]:
        """Of a model whose words have classes: what it finds in each message, a raw text or one whose words somebody
        has told apart."""
        assert isinstance(self.preparation, TextPreparation)
        marked = [Marked.of(message) if isinstance(message, str) else message for message in messages]
        probabilities = self.predict(lay(marked, self.preparation.words))
        return entities_of(marked, probabilities, self.task.class_names)

    def with_energies(self, inputs: Any, outside: int | None) -> tuple[np.ndarray, np.ndarray]:
        """What `uncalibrated` gives, and the energies (N,), see `automl.training.inference`; its parts' mean."""
        rows, scaling, modules = self._ready(inputs)
        predicted, energies = np.zeros((len(rows), self.task.num_outputs), np.float32), np.zeros(len(rows))
        for part, module in zip(self.parts, modules, strict=True):
            own, energy = predict_with_energies(module, rows, scaling, self.task, outside)
            predicted += part.share * own
            energies += part.share * energy
        return predicted, energies

    def uncalibrated(self, inputs: Any) -> np.ndarray:
        """The same before calibration."""
        rows, scaling, modules = self._ready(inputs)
        predicted: np.ndarray | None = None
        for part, module in zip(self.parts, modules, strict=True):
            own = part.share * predict(module, rows, scaling, self.task)
            predicted = own if predicted is None else predicted + own
        assert predicted is not None, "a model has parts"
        return predicted

    def embed(self, inputs: Any) -> np.ndarray | None:
        """float32 (N, D): what the last layer of the first net among its parts gets; None where no part is a net."""
        rows, scaling, modules = self._ready(inputs)
        found = (embed(module, rows, scaling, self.task) for module in modules)
        return next((vectors for vectors in found if vectors is not None), None)

    def _ready(self, inputs: Any) -> tuple[DeviceArray, Scaling, list[nn.Module]]:
        """Rows, what scales them and the modules, on the device."""
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        prepared = inputs if isinstance(inputs, np.ndarray) else self._prepared(inputs)
        modules = [module.to(device) for module in self.modules]
        scaling = scaling_for(self.preparation, device, remember=True, cache=self.cache)
        return DeviceArray(prepared, device), scaling, modules

    def costs(self, inputs: np.ndarray) -> dict[str, float]:
        """`parameters`, `size_mb`, `latency_ms`, `latency_p95_ms` (`automl.training.cost`) of all its parts together.

        Args:
            inputs: Prepared; the first ones are predicted, one by one.
        """
        afresh = replace(self, cache=None)  # a message that is asked about is new
        return {
            "parameters": float(sum(weight.numel() for module in self.modules for weight in module.parameters())),
            "size_mb": sum(map(size_mb, self.modules)),
            **timed(lambda place: afresh.predict(inputs[place : place + 1]), len(inputs)),
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
    def load(cls, folder: Path, cache: Path | None = None) -> TrainedModel:
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
        adjusted = (bundle.calibration, bundle.threshold, bundle.rejection)
        return cls(bundle.task, bundle.preparation, bundle.parts, modules, *adjusted, cache)


def _module(part: Part, catalog: Catalog, task: Task) -> nn.Module:
    component = catalog.get("model", str(part.configuration["model"]))
    configuration = with_packed(component, without_download(part.configuration), part.packed)
    members = [assemble(catalog, task, configuration).model for _ in range(part.members)]
    module = members[0] if part.members == 1 else Bag(members)
    module.load_state_dict(read_weights(part.weights))
    return module.eval()
