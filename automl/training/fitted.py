"""An estimator in the clothes of a module: packed, loaded and asked for predictions as every other model is."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from automl.components import Estimator, Task

TINY = float(np.finfo(np.float32).tiny)


class Fitted(nn.Module):
    """Rows as they were prepared (N, F) -> what a net would return: log-probabilities, or values. On the CPU.

    Its `state_dict` holds what the estimator dumps, uint8.
    """

    def __init__(self, estimator: Estimator, task: Task) -> None:
        super().__init__()
        self.estimator = estimator
        self._task = task

    def forward(self, rows: Tensor) -> Tensor:
        predicted = torch.from_numpy(np.asarray(self.estimator.predict(rows.cpu().numpy()), np.float32))
        outputs = predicted.clamp_min(TINY).log() if self._task.is_classification else predicted
        return outputs.to(rows.device)

    def get_extra_state(self) -> Tensor:
        return torch.frombuffer(bytearray(self.estimator.dump()), dtype=torch.uint8)

    def set_extra_state(self, state: Any) -> None:
        self.estimator.load(state.cpu().numpy().tobytes())
