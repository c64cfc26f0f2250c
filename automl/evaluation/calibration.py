"""Probabilities that come true as often as they say: a map that is fitted on validation and belongs to the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from automl.errors import UserError
from automl.evaluation.sample import POSITIVE, Array

Kind = Literal["none", "temperature", "platt", "isotonic"]


@dataclass(frozen=True)
class Calibration:
    """A map from probabilities to probabilities. Of two classes it keeps the order of rows.

    Args:
        kind: `none`; `temperature` divides the logits by a number (Guo et al. 2017, On calibration of modern neural
            networks); of two classes `platt`, a line through the log-odds (Platt 1999), and `isotonic`, straight pieces
            between points (Oron and Flournoy 2017, Centered isotonic regression).
        numbers: The temperature; slope and intercept; or the points' probabilities from 0 to 1, then what they become.
    """

    kind: Kind = "none"
    numbers: tuple[float, ...] = ()

    def apply(self, probabilities: Array) -> Array:
        """(N, classes) -> float32 (N, classes)."""
        if self.kind == "none":
            return probabilities
        if self.kind == "temperature":
            return _softmax(_logs(probabilities) / self.numbers[0])
        if self.kind == "platt":
            line = self.numbers[0] * log_odds(probabilities) + self.numbers[1]
            return _softmax(np.stack([np.zeros_like(line), line], axis=1))
        half = len(self.numbers) // 2
        positive = np.interp(probabilities[:, POSITIVE], self.numbers[:half], self.numbers[half:])
        return np.stack([1 - positive, positive], axis=1).astype(np.float32)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; `from_dict` reads it back."""
        return {"kind": self.kind, "numbers": list(self.numbers)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Calibration:
        """Raises UserError where it is of a kind that isn't known."""
        if values["kind"] not in get_args(Kind):
            raise UserError(
                f"The model's probabilities are calibrated by {values['kind']}, which this version doesn't know.",
                hint="Install the version of automl that wrote it, or a newer one.",
            )
        return cls(values["kind"], tuple(values["numbers"]))


AS_IT_IS = Calibration()


def log_odds(probabilities: Array) -> Array:
    """Of the positive class of two, float64 (N,); finite."""
    logs = _logs(probabilities)
    odds: Array = logs[:, POSITIVE] - logs[:, 1 - POSITIVE]
    return odds


def _logs(probabilities: Array) -> Array:
    logs: Array = np.log(np.maximum(probabilities.astype(np.float64), np.finfo(np.float32).tiny))
    return logs


def _softmax(logits: Array) -> Array:
    shares = np.exp(logits - logits.max(1, keepdims=True))
    softmax: Array = (shares / shares.sum(1, keepdims=True)).astype(np.float32)
    return softmax
