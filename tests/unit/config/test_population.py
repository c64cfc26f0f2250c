"""What `pbt` goes together with."""

from typing import Any

import pytest

from automl.config import load_experiment
from automl.errors import UserError


@pytest.mark.parametrize("sampler", ["random", "tpe", "qmc", "cmaes", "optuna.samplers:RandomSampler"])
def test_members_come_from_any_sampler_that_learns_from_what_was_stopped(sampler: str) -> None:
    experiment = load_experiment(flags={"scheduler": "pbt", "sampler": sampler, "trials": 8})
    assert experiment.chosen_scheduler == "pbt" and experiment.population is None


@pytest.mark.parametrize(
    ("flags", "said", "hint"),
    [
        ({"sampler": "grid"}, "--sampler grid and --scheduler pbt don't go together: a grid", "--sampler random"),
        ({"sampler": "gp"}, "--sampler gp and --scheduler pbt don't go together", "--scheduler none"),
        ({"sampler": "nsga2"}, "--sampler nsga2 and --scheduler pbt don't go together", "--scheduler none"),
        ({"minimize": ["latency_ms"]}, "--minimize and --scheduler pbt don't go together", "--scheduler none"),
        ({"trials": 3}, "--scheduler pbt with 3 trials: a population has 4 members at least", "--trials 8"),
        ({"trials": 6, "population": 8}, "with 6 trials: a population has 8 members, each", "--trials 8, or a smaller"),
        ({"population": 3}, r"population \(option --population\): .*greater than or equal to 4, got 3", "--help"),
        ({"scheduler": "asha", "population": 8}, "--population 8 is for --scheduler pbt", "Add --scheduler pbt"),
    ],
)
def test_anything_else_is_refused(flags: dict[str, Any], said: str, hint: str) -> None:
    with pytest.raises(UserError, match=said) as refused:
        load_experiment(flags={"scheduler": "pbt", **flags})
    assert hint in str(refused.value.hint)
