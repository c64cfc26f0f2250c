"""docs/experiments.md names what there is, and nothing else."""

import re
from pathlib import Path

import pytest

from automl.config import SAMPLERS, SCHEDULERS, Experiment, domains, load_experiment
from automl.evaluation import METRICS

PAGE = (Path(__file__).parents[3] / "docs" / "experiments.md").read_text(encoding="utf-8")


def _table(heading: str) -> dict[str, list[str]]:
    """The rows of the table with that first column: name -> the other cells."""
    body = PAGE.partition(f"| {heading} |")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in body.splitlines()[2:]]
    return {name.strip("`"): cells for name, *cells in rows}


def test_every_key_is_listed_with_its_default() -> None:
    listed = _table("key")
    stated = {name: cells[0].strip("`") for name, cells in listed.items() if cells[0].startswith("`")}

    assert list(listed) == list(Experiment.model_fields)
    default = load_experiment().model_dump()
    assert {name: str(default[name]).lower() for name in stated} == stated
    assert set(stated) == {
        "domain",
        "allow_corrupt",
        "calibrate",
        "mask_pii",
        "sampler",
        "scheduler",
        "fidelity",
        "max_failures",
        "confirm",
        "ensemble",
        "refit",
        "seed",
    }


def test_every_domain_is_listed_with_its_metric_and_limit() -> None:
    limits = {name: (cells[1].strip("`"), cells[2]) for name, cells in _table("domain").items()}
    presets = {name: load_experiment(flags={"domain": name, "data": "images"}) for name in domains()}

    assert limits == {name: (p.metric, f"{(p.time_budget or 0) / 60:g} minutes") for name, p in presets.items()}


def test_every_sampler_is_listed_with_the_scheduler_it_gets() -> None:
    listed = {name: cells[1].split(",")[0].strip("`") for name, cells in _table("sampler").items()}

    named = {name: load_experiment(flags={"sampler": name}).chosen_scheduler for name in SAMPLERS if name != "auto"}
    assert listed == named | {"auto": "that of the one it chooses"}


@pytest.mark.parametrize("name", [*SCHEDULERS, *METRICS])
def test_schedulers_and_metrics_are_named(name: str) -> None:
    assert re.search(rf"`{name}`", PAGE)
