from typing import Any

import pytest

from automl.components import Choice, Domain, Float, Int
from automl.errors import UserError
from automl.space.narrow import narrow

LR = Float(1e-4, 1.0, log=True)
BATCH = Int(4, 4096, log=True)
POOL = Choice("mean", "max", "attention")


@pytest.mark.parametrize(
    ("domain", "default", "spec", "narrowed", "new_default"),
    [
        (LR, 0.003, 0.01, Choice(0.01), 0.01),
        (LR, 0.003, "1e-2", Choice(0.01), 0.01),  # a text to YAML 1.1
        (LR, 0.003, 1, Choice(1.0), 1.0),
        (BATCH, 64, 32.0, Choice(32), 32),
        (POOL, "mean", "max", Choice("max"), "max"),
        (Choice(False, True), False, True, Choice(True), True),
        (LR, 0.003, [0.1, 0.003], Choice(0.1, 0.003), 0.003),
        (BATCH, 64, [16, 32, 16], Choice(16, 32), 16),
        (POOL, "mean", {"choices": ["max", "attention"]}, Choice("max", "attention"), "max"),
        (POOL, "mean", {"default": "max"}, POOL, "max"),
        (LR, 0.003, {"low": 0.01}, Float(0.01, 1.0, log=True), 0.01),
        (LR, 0.003, {"low": "1e-3", "high": 0.1}, Float(1e-3, 0.1, log=True), 0.003),
        (BATCH, 64, {"low": 8, "high": 32}, Int(8, 32, log=True), 32),
        (LR, 0.003, {"default": 0.5}, LR, 0.5),
        (LR, 0.003, {"choices": [0.1, 0.2], "default": 0.2}, Choice(0.1, 0.2), 0.2),
        (Float(0.0, 1.0), 0.5, {"low": 0, "high": 1, "step": 0.25}, Float(0.0, 1.0, 0.25), 0.5),
        (LR, 0.003, {"log": False}, Float(1e-4, 1.0), 0.003),
    ],
)
def test_a_parameter_is_fixed_listed_bounded_or_given_a_default(
    domain: Domain, default: Any, spec: Any, narrowed: Domain, new_default: Any
) -> None:
    assert narrow("p", domain, default, spec) == (narrowed, new_default)


def test_a_step_makes_a_logarithmic_range_linear() -> None:
    narrowed, default = narrow("training.lr", LR, 0.003, {"low": 0.1, "high": 0.3, "step": 0.1})
    assert narrowed.values() == [0.1, 0.2, 0.3]
    assert default == 0.1


@pytest.mark.parametrize(
    ("domain", "spec", "message"),
    [
        (LR, 2.0, r"p must be 0\.0001 to 1, log scale, got 2 \(float\)"),
        (LR, "fast", r"p must be 0\.0001 to 1, log scale, got fast \(str\)"),
        (LR, None, r"p must be 0\.0001 to 1, log scale, got null"),
        (LR, True, r"p must be .*, got true \(bool\)"),
        (LR, float("inf"), "p must be"),
        (LR, float("nan"), "p must be"),
        (LR, [0.1, 7], r"p must be .*, got 7"),
        (LR, [], r"p needs at least one value, got \[\]"),
        (LR, {"choices": []}, r"p needs at least one value, got \[\]"),
        (LR, {"choices": 0.1}, r"p needs at least one value, got 0\.1"),
        (LR, {"low": 1e-9}, r"p must be 0\.0001 to 1, log scale, got 1e-09"),
        (LR, {"high": None}, "p must be .*, got null"),
        (LR, {"low": 0.1, "high": 0.01}, r"p: low 0\.1 is above high 0\.01"),
        (LR, {"low": 0.01, "default": 0.001}, r"p must be 0\.01 to 1"),
        (LR, {"step": "big"}, "p: step must be a number, got big"),
        (LR, {"step": None}, "p: step must be a number, got null"),
        (LR, {"step": -1}, "p: step must be above 0"),
        (LR, {"log": "maybe"}, "p: log must be true or false, got maybe"),
        (LR, {"log": True, "step": 0.1}, "p: a logarithmic scale takes no step"),
        (BATCH, 2.5, r"p must be 4 to 4096, log scale, got 2\.5"),
        (BATCH, 10**400, "p must be 4 to 4096"),
        (BATCH, {"low": 8, "high": 16, "step": 0}, "p: step must be at least 1"),
        (BATCH, {"low": 8, "high": 16, "step": 1.5}, "p: step must be a whole number"),
        (Int(4, 20, step=4), {"step": 2}, "p must be 4 to 20 in steps of 4, got 6"),
        (Float(0.0, 1.0, step=0.5), {"step": 0.2}, r"p must be 0 to 1 in steps of 0\.5, got 0\.2"),
        (LR, {"step": float("inf")}, "p: step must be a number, got inf"),
        (POOL, "median", "p must be one of mean, max, attention, got median"),
        (POOL, ["mean", 3], "p must be one of mean, max, attention, got 3"),
        (POOL, [["mean"]], "p must be one of mean, max, attention"),
        (Choice(18, 34), 18.0, r"p must be one of 18, 34, got 18 \(float\)"),
        (Choice(False, True), "yes", r"p must be one of false, true, got yes \(str\)"),
    ],
)
def test_what_is_out_of_range_is_refused_with_the_range(domain: Domain, spec: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        narrow("p", domain, domain.clip(0.003), spec)


@pytest.mark.parametrize(
    ("domain", "key", "near"),
    [(LR, "lo", "low"), (LR, "defualt", "default"), (POOL, "choice", "choices"), (POOL, "low", None)],
)
def test_an_unknown_key_of_a_range_is_told_with_the_near_matches(domain: Domain, key: str, near: str | None) -> None:
    with pytest.raises(UserError, match=rf"Unknown key of training\.x '{key}'\. Choices: ") as refused:
        narrow("training.x", domain, domain.clip(0), {key: 1})
    assert near is None or near in str(refused.value.hint)
