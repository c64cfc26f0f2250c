from typing import Any

import pytest

from automl.config import load_experiment
from automl.errors import UserError
from automl.search.cluster import Shares, plan_shares


def shares(cpus: int, gpus: int = 0, **flags: Any) -> Shares:
    return plan_shares(load_experiment(flags=flags), cpus, gpus)


@pytest.mark.parametrize(
    ("cpus", "gpus", "flags", "expected"),
    [
        (1, 0, {}, Shares(1, 1, 0)),
        (2, 0, {}, Shares(2, 1, 0)),
        (2, 0, {"workers": 1}, Shares(1, 2, 0)),
        (4, 0, {"cpus_per_trial": 2}, Shares(2, 2, 0)),
        (8, 1, {}, Shares(1, 8, 1)),
        (8, 2, {}, Shares(2, 4, 1)),
        (8, 1, {"gpus_per_trial": 0.25}, Shares(4, 2, 0.25)),
        (8, 1, {"gpus_per_trial": 0.1, "cpus_per_trial": 1}, Shares(8, 1, 0.1)),
        (8, 4, {"gpus_per_trial": 2}, Shares(2, 4, 2)),
        (4, 1, {"gpus_per_trial": 0, "cpus_per_trial": 1}, Shares(4, 1, 0)),
        (4, 0, {"gpus_per_trial": 0, "cpus_per_trial": 1}, Shares(4, 1, 0)),
    ],
)
def test_shares_are_sensible_by_default(cpus: int, gpus: int, flags: dict[str, Any], expected: Shares) -> None:
    assert shares(cpus, gpus, **flags) == expected


@pytest.mark.parametrize("cpus", [1, 2, 3, 4, 6, 8, 16, 64, 128])
@pytest.mark.parametrize("gpus", [0, 1, 2])
def test_defaults_use_the_machine_and_never_more(cpus: int, gpus: int) -> None:
    if gpus > cpus:
        return
    found = shares(cpus, gpus)
    assert found.workers >= 1 and found.workers * found.cpus <= cpus and found.workers * found.gpus <= gpus
    assert found.workers * (found.cpus + 1) > cpus, "no core is left idle that each worker could have had"
    assert found.threads == int(found.cpus)


def test_gpu_shares_without_a_gpu_are_refused() -> None:
    with pytest.raises(UserError, match=r"--gpus-per-trial 0\.25 needs a GPU; this machine has none") as refused:
        shares(8, 0, gpus_per_trial=0.25)
    assert "automl doctor" in str(refused.value.hint)


@pytest.mark.parametrize(
    ("cpus", "gpus", "flags", "message"),
    [
        (8, 1, {"gpus_per_trial": 2}, r"--gpus-per-trial 2 is more than the 1 GPUs"),
        (2, 0, {"cpus_per_trial": 4}, r"--cpus-per-trial 4 is more than the 2 CPUs"),
        (2, 0, {"workers": 3}, r"3 workers with 1 CPU .* are more than the 2 CPUs"),
        (4, 0, {"workers": 3, "cpus_per_trial": 2}, r"3 workers with 2 CPU"),
        (
            8,
            1,
            {"workers": 3, "gpus_per_trial": 0.5},
            r"3 workers .* 0\.5 GPU each are more than",
        ),
    ],
)
def test_more_than_there_is_is_refused(cpus: int, gpus: int, flags: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        shares(cpus, gpus, **flags)


def test_workers_on_one_gpu_share_it() -> None:
    assert shares(8, 1, workers=4) == Shares(4, 2, 0.25)


def test_half_a_core_each_makes_twice_the_workers() -> None:
    assert shares(2, 0, cpus_per_trial=0.5) == Shares(4, 0.5, 0)


def test_shares_are_told() -> None:
    assert str(Shares(2, 1, 0)) == "2 at a time, each with 1 CPU"
    assert str(Shares(4, 2, 0.25)) == "4 at a time, each with 2 CPU and 0.25 GPU"
