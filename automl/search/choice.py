"""What `--sampler auto` and `--scheduler auto` come to, and why (measured by `tests/benchmarks/regret.py`)."""

from __future__ import annotations

from automl.config import Experiment
from automl.space import Space

FEW = 40
"""Parameters up to which a Gaussian process is worth its while: measured up to 37."""


def with_choice(experiment: Experiment, space: Space, epochs: int) -> tuple[Experiment, list[str]]:
    """The experiment with a sampler and a scheduler by name, and for each that was chosen here a line for a person.

    A search that is resumed keeps them: they are noted with its experiment.

    Args:
        epochs: The most that a trial can have.
    """
    said = []
    if experiment.sampler == "auto":
        name, reason = _sampler(experiment, len(space.searched))
        experiment = experiment.model_copy(update={"sampler": name})
        said.append(f"Sampler {name}: {reason}.")
    if experiment.scheduler == "auto":
        said.append(f"Scheduler {experiment.chosen_scheduler}: {_why_scheduler(experiment, epochs)}.")
        experiment = experiment.model_copy(update={"scheduler": experiment.chosen_scheduler})
    return experiment, said


def _sampler(experiment: Experiment, parameters: int) -> tuple[str, str]:
    if experiment.scheduler == "pbt":
        return "tpe", "pbt changes configurations while they train, which a Gaussian process can't follow"
    if experiment.minimize:
        return "tpe", "it models several objectives"
    if experiment.constraints:
        return "tpe", "it learns from how far constraints are broken"
    if parameters > FEW:
        return "tpe", f"{parameters} parameters are too many for a Gaussian process"
    return "blend", f"{parameters} parameters are few enough for a Gaussian process, which goes by turns with tpe"


def _why_scheduler(experiment: Experiment, epochs: int) -> str:
    match experiment.chosen_scheduler:
        case "none" if experiment.minimize:
            return "early stopping would follow the metric alone"
        case "none" if experiment.sampler == "grid":
            return "a grid trains each configuration to its end"
        case "none":
            return f"{experiment.sampler} learns nothing from trials that were stopped"
        case _ if epochs == 1:
            return "with one epoch there is nothing to stop"
        case "hyperband":
            return "blend makes use of trials that were stopped at different epochs"
    return "most configurations can be judged early"
