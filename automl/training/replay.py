"""Training again from scratch what was trained before, also where its configuration changed on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from automl.components import Catalog, Value
from automl.evaluation.metrics import Metric
from automl.training.device import DeviceData
from automl.training.epochs import EpochResult
from automl.training.making import make_trainer

Line = Sequence[tuple[int, Mapping[str, Value]]]
"""(epochs done before, configuration) of each part of a training, in order; the first begins at 0."""


def replay(
    catalog: Catalog, data: DeviceData, line: Line, *, metric: Metric, seed: int, weights: Path
) -> Iterator[EpochResult]:
    """Trains one part after the other, each from where the one before has come; gives its epochs.

    With the seed that it had, on a CPU with as many threads, each epoch gives what it gave.

    Args:
        weights: File that the best epoch's weights are written to; of a line, the best of its last part.
    """
    checkpoint = weights.with_name("last.safetensors")
    ends = [*(since for since, _ in line[1:]), None]
    try:
        for (since, configuration), end in zip(line, ends, strict=True):
            trainer = make_trainer(catalog, data, configuration, metric=metric, seed=seed, weights=weights)
            if since:
                trainer.restore(checkpoint)
            while trainer.epoch != end:
                result = trainer.run_epoch()
                yield result
                if result.end:
                    return
            trainer.save(checkpoint, {})
    finally:
        checkpoint.unlink(missing_ok=True)
