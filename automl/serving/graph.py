"""All of a trained model as one graph: what is left to do to prepared inputs, its parts, their mean, calibration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from automl.data import ImagePreparation, TablePreparation, TextPreparation, texts_of
from automl.errors import UserError
from automl.training.bag import Bag
from automl.training.fitted import Fitted
from automl.training.inference import as_predictions
from automl.training.reading import reader_of
from automl.training.scaling import Scaling, TableScaling, scaling_for

if TYPE_CHECKING:
    from automl.components import Task
    from automl.evaluation.calibration import Calibration
    from automl.training.trained import TrainedModel

TINY = torch.finfo(torch.float32).tiny


class Graph(nn.Module):
    """What `graph_inputs` gives -> float32 (N, outputs): what `TrainedModel.predict` gives.

    Raises:
        UserError: A part of the model is no net, or one that reads texts itself.
    """

    def __init__(self, model: TrainedModel) -> None:
        super().__init__()
        self.task = model.task
        pairs = zip(model.parts, model.modules, strict=True)
        self.parts = nn.ModuleList(_net(module, part.configuration["model"]) for part, module in pairs)
        self.shares = [part.share for part in model.parts]
        self.scaling = _scaling(model)
        self.calibrated = Calibrated(model.calibration)

    def forward(self, rows: Tensor) -> Tensor:
        units = self.scaling(rows)
        outputs = sum(
            share * _mean(part, units, self.scaling, self.task)
            for share, part in zip(self.shares, self.parts, strict=True)
        )
        assert isinstance(outputs, Tensor)
        return self.calibrated(outputs)  # type: ignore[no-any-return]


def graph_inputs(model: TrainedModel, rows: np.ndarray) -> np.ndarray:
    """Prepared inputs as the graph takes them: uint8 (N, C, H, W), float32 (N, F), or of texts int64 (N, T) tokens with
    zeros behind, T the most that the model reads."""
    if not isinstance(model.preparation, TextPreparation):
        return rows
    found = model.preparation.tokenize(texts_of(rows))
    tokens = np.zeros((len(found), model.preparation.max_length), np.int64)
    tokens[:, : found.shape[1]] = found
    return tokens


class Calibrated(nn.Module):
    """`Calibration.apply`, in float32."""

    numbers: Tensor

    def __init__(self, calibration: Calibration) -> None:
        super().__init__()
        self.kind = calibration.kind
        self.register_buffer("numbers", torch.tensor(calibration.numbers, dtype=torch.float32))

    def forward(self, probabilities: Tensor) -> Tensor:
        if self.kind == "none":
            return probabilities
        logs = probabilities.clamp_min(TINY).log()
        if self.kind == "temperature":
            return (logs / self.numbers[0]).softmax(-1)
        if self.kind == "platt":
            line = self.numbers[0] * (logs[:, 1] - logs[:, 0]) + self.numbers[1]
            return torch.stack([torch.zeros_like(line), line], 1).softmax(-1)
        x, y = self.numbers.chunk(2)
        positive = probabilities[:, 1]
        left = (x <= positive[:, None]).sum(1).clamp(1, len(x) - 1) - 1
        slope = (y[1:] - y[:-1]) / (x[1:] - x[:-1]).clamp_min(TINY)
        positive = (y[left] + slope[left] * (positive - x[left])).clamp(0, 1)
        return torch.stack([1 - positive, positive], 1)


class _PlainTableScaling(TableScaling):
    """ONNX has no binary search."""

    def places(self, numbers: Tensor) -> Tensor:
        return (self._x[:, None, :] <= numbers[:, :, None]).sum(-1)


class _Tokens(Scaling):
    """As they are: how many columns of padding can be left out depends on the batch, which no graph may."""

    def to_unit(self, rows: Tensor) -> Tensor:
        return rows


def _net(module: nn.Module, name: object) -> nn.Module:
    if isinstance(module, Fitted):
        raise UserError(
            f"{name} is no net, so it has no graph of torch or ONNX.",
            hint="Export it with --format bundle, or search nets alone (--models) without --ensemble.",
        )
    return module.cpu().eval()


def _scaling(model: TrainedModel) -> Scaling:
    preparation = model.preparation
    if isinstance(preparation, TablePreparation):
        return _PlainTableScaling(preparation, torch.device("cpu"))
    if isinstance(preparation, ImagePreparation):
        return scaling_for(preparation, torch.device("cpu"))
    if model.task.kind == "text-classification" and not any(map(reader_of, model.modules)):
        return _Tokens()
    why = "gives a class for each word" if model.task.is_per_word else "reads texts in a way of its own"
    raise UserError(
        f"The model {why}, which no graph holds.",
        hint="Export it with --format bundle: `automl serve FOLDER` serves it.",
    )


def _mean(part: nn.Module, units: Tensor, scaling: Scaling, task: Task) -> Tensor:
    """What a part predicts; of several members the mean."""
    if isinstance(part, Bag):
        members = [_mean(member, units, scaling, task) for member in part.members]
        return torch.stack(members).mean(0)
    outputs = part(units).float()
    return as_predictions(outputs if task.is_classification else scaling.values(outputs), task)
