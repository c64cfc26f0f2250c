"""What `auto` comes to, and the reasons it gives."""

from typing import Any

import pytest

from automl.components import Choice, Float
from automl.config import SAMPLERS, SCHEDULERS, load_experiment
from automl.errors import UserError
from automl.search.choice import FEW, with_choice
from automl.space import Space, SpaceParameter


def space_of(parameters: int) -> Space:
    fixed = SpaceParameter("fixed", Choice(1), 1)
    return Space((fixed, *(SpaceParameter(f"x{i}", Float(0.0, 1.0), 0.5) for i in range(parameters))))


@pytest.mark.parametrize(
    ("flags", "parameters", "epochs", "sampler", "scheduler", "reasons"),
    [
        ({}, 5, 30, "blend", "hyperband", ["5 parameters are few enough", "stopped at different epochs"]),
        ({}, FEW, 30, "blend", "hyperband", [f"{FEW} parameters are few enough", "stopped at different epochs"]),
        ({}, FEW + 1, 30, "tpe", "asha", [f"{FEW + 1} parameters are too many", "judged early"]),
        ({}, 5, 1, "blend", "hyperband", ["few enough", "with one epoch there is nothing to stop"]),
        ({"minimize": ["latency_ms"]}, 5, 30, "tpe", "none", ["several objectives", "follow the metric alone"]),
        ({"constraints": ["latency_ms<=5"]}, 5, 30, "tpe", "asha", ["how far constraints are broken", "judged early"]),
        ({"scheduler": "pbt", "trials": 8}, 5, 30, "tpe", "pbt", ["pbt changes configurations"]),
        ({"scheduler": "median"}, 5, 30, "blend", "median", ["few enough"]),
        ({"sampler": "gp"}, 5, 30, "gp", "none", ["gp learns nothing from trials that were stopped"]),
        ({"sampler": "nsga2"}, 5, 30, "nsga2", "none", ["nsga2 learns nothing"]),
        ({"sampler": "grid"}, 5, 30, "grid", "none", ["a grid trains each configuration to its end"]),
        ({"sampler": "random"}, 5, 30, "random", "asha", ["judged early"]),
        (
            {"sampler": "optuna.samplers:RandomSampler"},
            5,
            30,
            "optuna.samplers:RandomSampler",
            "asha",
            ["judged early"],
        ),
        ({"sampler": "tpe", "scheduler": "none"}, 5, 30, "tpe", "none", []),
    ],
)
def test_the_rule(
    flags: dict[str, Any], parameters: int, epochs: int, sampler: str, scheduler: str, reasons: list[str]
) -> None:
    chosen, said = with_choice(load_experiment(flags=flags), space_of(parameters), epochs)
    assert (chosen.sampler, chosen.scheduler) == (sampler, scheduler)
    assert len(said) == len(reasons)
    assert all(reason in line for reason, line in zip(reasons, said, strict=True))
    assert with_choice(chosen, space_of(parameters), epochs) == (chosen, []), "what was chosen stays"


@pytest.mark.parametrize("scheduler", SCHEDULERS)
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_each_pair_is_taken_or_refused_with_what_to_do(sampler: str, scheduler: str) -> None:
    flags = {"sampler": sampler, "scheduler": scheduler}
    stops = scheduler not in ("auto", "none")
    if (stops and sampler in ("gp", "nsga2")) or (scheduler == "pbt" and sampler == "grid"):
        with pytest.raises(UserError, match="don't go together") as refused:
            load_experiment(flags=flags)
        assert "--scheduler none" in str(refused.value.hint)
        return
    chosen, said = with_choice(load_experiment(flags=flags), space_of(3), 30)
    assert "auto" not in (chosen.sampler, chosen.scheduler)
    assert len(said) == (sampler == "auto") + (scheduler == "auto")


@pytest.mark.parametrize("sampler", ["blend", "cmaes"])
def test_several_objectives_are_refused_where_a_sampler_knows_one(sampler: str) -> None:
    with pytest.raises(UserError, match=f"--sampler {sampler} don't go together"):
        load_experiment(flags={"sampler": sampler, "minimize": ["latency_ms"]})
