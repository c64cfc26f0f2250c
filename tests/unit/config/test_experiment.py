from typing import Any

import pytest

from automl.config import SAMPLERS, SCHEDULERS, Experiment, load_experiment
from automl.errors import UserError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("10m", 600), ("1h30m", 5400), ("1h", 3600), ("1.5h", 5400), ("2m30s", 150), (45, 45)],
)
def test_durations(text: Any, seconds: float) -> None:
    assert load_experiment(flags={"time_budget": text}).time_budget == seconds


@pytest.mark.parametrize("text", ["", "soon", "10x", "m", "10 minutes", "-5m", "30m1h", "1h30", "1m10"])
def test_what_is_no_duration_is_told_how_to_write_one(text: str) -> None:
    with pytest.raises(UserError, match=r"time_budget .*a duration is written 90s, 10m or 1h30m"):
        load_experiment(flags={"time_budget": text})


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("trials", 0, "greater than or equal to 1"),
        ("trials", -3, "greater than or equal to 1"),
        ("trials", 2.5, "valid integer"),
        ("trials", "many", "valid integer"),
        ("time_budget", 0, "greater than 0"),
        ("time_budget", "0m", "greater than 0"),
        ("time_budget", float("inf"), "finite number"),
        ("time_budget", float("nan"), "(finite number|greater than 0)"),
        ("cost_budget", 0, "greater than 0"),
        ("cost_per_hour", -2.4, "greater than 0"),
        ("patience", 0, "greater than or equal to 1"),
        ("max_failures", 0, "greater than or equal to 1"),
        ("max_failures", -1, "greater than or equal to 1"),
        ("disk", 0, "greater than 0"),
        ("disk", "-5GB", "a size is written 500MB or 20GB"),
        ("workers", 0, "greater than or equal to 1"),
        ("cpus_per_trial", 0, "greater than 0"),
        ("gpus_per_trial", -0.5, "greater than or equal to 0"),
        ("image_size", 2, "greater than or equal to 4"),
        ("image_size", 5000, "less than or equal to 1024"),
        ("seed", -1, "greater than or equal to 0"),
        ("seed", 2**31, "less than 2147483648"),
        ("allow_corrupt", "perhaps", "valid boolean"),
        ("plugins", 3, "valid tuple"),
        ("metric", 3, "valid string"),
    ],
)
def test_a_bad_value_names_the_key_the_rule_and_the_value(key: str, value: Any, rule: str) -> None:
    with pytest.raises(UserError, match=rf"{key}\b.*{rule}.*, got ") as refused:
        load_experiment(flags={key: value})
    assert repr(value) in refused.value.message


@pytest.mark.parametrize(
    ("key", "value", "near"),
    [("sampler", "tpee", "tpe"), ("sampler", "evolution", None), ("scheduler", "ashaa", "asha")],
)
def test_an_unknown_choice_is_told_with_the_near_matches(key: str, value: str, near: str | None) -> None:
    choices = SAMPLERS if key == "sampler" else SCHEDULERS
    with pytest.raises(UserError, match=rf"Unknown {key} '{value}'\. Choices: {', '.join(sorted(choices))}") as refused:
        load_experiment(flags={key: value})
    assert refused.value.hint == (f"Did you mean {near}?" if near else None)


@pytest.mark.parametrize(
    ("key", "value", "option"),
    [("trials", 0, "--trials"), ("image_size", 1, "--image-size"), ("plugins", 3, "--plugin)"), ("metric", 3, "")],
)
def test_a_message_names_the_option_that_sets_it(key: str, value: Any, option: str) -> None:
    with pytest.raises(UserError) as refused:
        load_experiment(flags={key: value})
    assert option in refused.value.message


def test_what_no_option_sets_is_named_by_its_key_alone() -> None:
    with pytest.raises(UserError, match=r"^description: ") as refused:
        load_experiment(flags={"description": 3})
    assert "--description" not in refused.value.message


def test_a_domain_is_a_name_that_the_registry_takes() -> None:
    with pytest.raises(UserError, match="Unknown domain 'Medical/Imaging'"):
        load_experiment(flags={"domain": "Medical/Imaging"})


@pytest.mark.parametrize(
    ("sampler", "scheduler", "chosen"),
    [
        ("tpe", None, "asha"),
        ("tpe", "auto", "asha"),
        ("blend", None, "hyperband"),
        ("random", None, "asha"),
        ("grid", None, "none"),
        ("gp", None, "none"),
        ("nsga2", None, "none"),
        ("cmaes", None, "asha"),
        ("grid", "asha", "asha"),
        ("tpe", "none", "none"),
    ],
)
def test_the_scheduler_fits_the_sampler_unless_it_is_named(sampler: str, scheduler: str | None, chosen: str) -> None:
    experiment = load_experiment(flags={"sampler": sampler, "scheduler": scheduler})
    assert experiment.chosen_scheduler == chosen


def test_an_experiment_cannot_be_changed() -> None:
    experiment = load_experiment()
    with pytest.raises(ValueError, match="frozen"):
        experiment.seed = 3  # type: ignore[misc]


def test_an_experiment_survives_its_own_yaml() -> None:
    experiment = load_experiment(flags={"time_budget": "10m", "plugins": ["a.py"], "space": {"training.lr": [0.1]}})
    assert Experiment.model_validate(experiment.model_dump(mode="json", exclude_none=True)) == experiment
