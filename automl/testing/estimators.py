"""What every model that fits itself keeps to."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from automl.components import Estimator, Task
from automl.evaluation.sample import labels_of
from automl.testing import tiny
from automl.testing.guard import named
from automl.testing.result import Broken, Measured
from automl.testing.subject import Subject
from automl.training.checkpoint import read_weights, write_weights
from automl.training.fitted import Fitted

ROUNDS = (0.5, 1.0)
SEED = 1
ROWS = 120
"""Fewer might be too few to split a leaf."""


def predicts(subject: Subject) -> None:
    """Predicts probabilities, or values, of the right shape, for each task that it claims."""
    for task in subject.tasks():
        predicted = _fitted(subject, task).predict(_inputs(task))
        expected = (_answers(task), task.num_outputs)
        if getattr(predicted, "shape", None) != expected:
            raise Broken(
                f"for {task.kind} predict returned {getattr(predicted, 'shape', named(predicted))}; it returns an "
                f"array (N, task.num_outputs), here {expected}",
                "Of two classes give both probabilities; of one value a column; where words have classes, of each a "
                "row.",
            )
        if not np.isfinite(predicted).all():
            raise Broken(f"for {task.kind} it predicted values that aren't finite", "Look for missing numbers (NaN).")
        if task.is_classification and not np.allclose(predicted.sum(1), 1, atol=1e-4):
            raise Broken("the probabilities of a row don't add up to 1", "Return probabilities, not scores.")


def sizes(subject: Subject) -> Measured | None:
    """Takes rows without numbers, without categories, and with many, or says that it doesn't."""
    left_out = []
    for task in (odd for usual in subject.families() for odd in tiny.odd_tasks(usual.kind)):
        if reason := subject.component.mismatch(task):
            left_out.append(f"{tiny.described(task)}: {reason}")
            continue
        _fitted(subject, task).predict(_inputs(task))
    return Measured("; ".join(left_out), {}) if left_out else None


def rounds(subject: Subject) -> None:
    """Fits on from round to round, and says so when it ends early."""
    task = subject.tasks()[0]
    estimator = begun(subject, task)
    end = estimator.fit(ROUNDS[0])
    first = estimator.predict(_inputs(task))
    if end is None:
        estimator.fit(ROUNDS[1])
        if np.array_equal(first, estimator.predict(_inputs(task))):
            raise Broken(
                "after half of its rounds it predicts what it does after all of them",
                'Fit up to `progress` of the rounds; if nothing is left to fit, return a reason, such as "fitted".',
            )


def resumes(subject: Subject) -> None:
    """Goes on from what it dumped, and predicts the same."""
    for task in subject.families():
        first, second = _fitted(subject, task, rounds=ROUNDS[:1]), begun(subject, task)
        with tempfile.TemporaryDirectory() as folder:
            write_weights(Fitted(first, task), Path(folder) / "best.safetensors")
            Fitted(second, task).load_state_dict(read_weights(Path(folder) / "best.safetensors"))
        if not np.allclose(first.predict(_inputs(task)), second.predict(_inputs(task)), atol=1e-6):
            raise Broken("loaded, it predicts something else than what was dumped", "Dump all that predict needs.")
        second.fit(ROUNDS[1])


def draws(subject: Subject) -> None:
    """Seeded draws are in range, keep conditions, and can be fitted."""
    task = subject.tasks()[0]
    for drawn in subject.draws(task, 10):
        try:
            estimator = begun(subject, task, subject.values(drawn))
            estimator.fit(0.01)
            estimator.predict(_inputs(task))
        except Exception as error:
            error.add_note(subject.described(drawn))
            raise


def same_seed(subject: Subject) -> None:
    """Does the same under the same seed."""
    task = subject.tasks()[0]
    first, second = (_fitted(subject, task).predict(_inputs(task)) for _ in range(2))
    if not np.allclose(first, second, atol=1e-6):
        raise Broken("two runs with one seed differ; a seed decides everything", "Pass `seed` on to what draws.")


def trains(subject: Subject) -> None:
    """Is fitted, validated and packed as a trial is."""
    for task in subject.tasks():
        subject.train(task)


def begun(subject: Subject, task: Task, values: dict[str, Any] | None = None) -> Estimator:
    """One that has its data."""
    chosen = subject.values(subject.default(task)) if values is None else values
    built: Estimator = subject.catalog.get(*subject.component.key).build(task, chosen)
    data = tiny.training_data(task, ROWS)
    built.begin(data.train_inputs, data.train_targets, None, seed=SEED, threads=1)
    return built


def _fitted(subject: Subject, task: Task, rounds: tuple[float, ...] = ROUNDS) -> Estimator:
    estimator = begun(subject, task)
    for progress in rounds:
        if estimator.fit(progress):
            break
    return estimator


def _inputs(task: Task) -> np.ndarray:
    return tiny.training_data(task, ROWS).train_inputs


def _answers(task: Task) -> int:
    """How many predictions there are of these."""
    return len(labels_of(tiny.training_data(task, ROWS).train_targets))
