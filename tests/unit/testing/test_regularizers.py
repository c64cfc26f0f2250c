"""What breaks a regularizer's contract, and what is then said."""

from collections.abc import Callable
from textwrap import indent

import pytest

from automl.testing import CheckResult
from automl.testing.contract import CHECKS

Checked = Callable[[str, str], CheckResult]
Refused = Callable[..., None]
ELSEWHERE = {"imports", "ships", "accelerator"}
"""Need another process, or a GPU."""

REGULARIZER = '''
@regularizer("calm", neutral={neutral}, live={live})
def calm(task: Task, strength: Annotated[float, Float(0.01, 0.1)] = 0.05) -> Regularizer:
    """Small weights."""
    import copy
    import numpy
    import torch
    from torch import nn

    class Calm(Regularizer):
        def __init__(self):
            self.seen = {seen}

{hooks}

    return {returned}
'''
PENALTY = "def penalty(self, model):\n    return strength * sum(p.square().sum() for p in model.parameters())"
KINDS = {"hooks": PENALTY, "neutral": '{"strength": 0.0}', "returned": "Calm()", "seen": "0", "live": '("strength",)'}


def calm(hooks: str = PENALTY, **special: str) -> str:
    """The source of a regularizer: its hooks, and what else is special."""
    return REGULARIZER.format(**KINDS | special | {"hooks": indent(hooks, 8 * " ")})


@pytest.mark.parametrize("check", sorted(CHECKS["regularizer"].keys() - ELSEWHERE))
def test_a_good_regularizer_passes(checked: Checked, check: str) -> None:
    result = checked(calm(), check)
    assert (result.outcome, result.hint) == ("passed", ""), result.message


COUNTING = """
def after_epoch(self, model, progress):
    self.seen.append(0)
    model[0].weight.data += len(self.seen)
"""
WRONG = [
    ("hooks", "def penality(self, model): ...", "Calm overrides no hook", "Did you mean penalty?"),
    ("hooks", "def state(self): return {}", "Calm overrides no hook", "Write one of them"),
    (
        "hooks",
        "def after_epoch(self, model): ...",
        "after_epoch is called with (model, progress)",
        "def after_epoch(self",
    ),
    (
        "finite",
        "def penalty(self, model): return strength",
        "the penalty is float; it must be a scalar tensor",
        "sum",
    ),
    ("finite", "def penalty(self, model): return model[0].weight.sum((1, 2, 3))", "the penalty is (8,)", "mean"),
    ("finite", "def penalty(self, model): return model[0].weight.sum() / 0", "the penalty is ", "division by zero"),
    (
        "finite",
        "def penalty(self, model): return model[0].weight.detach().sum()",
        "depend on the weights",
        "detach",
    ),
    (
        "finite",
        "def penalty(self, model): return (0 * model[0].weight).norm().sqrt()",
        "gradient of the penalty",
        "norm",
    ),
    (
        "finite",
        "def loss(self, loss): return lambda o, t: (o - t).square().mean()",
        "it raised RuntimeError",
        "line 17",
    ),
    (
        "finite",
        "def loss(self, loss): return lambda o, t: loss(o, t).repeat(2)",
        "the loss for targets (8,) is (2,)",
        "sum",
    ),
    (
        "finite",
        "def loss(self, loss): return lambda o, t: loss(o, t).log() * 0 / 0",
        "the loss for targets (8,) is nan",
        "log",
    ),
    ("trains", "def penalty(self, model): return model[0].weight.sum() * float('nan')", "it diverged", "logarithm"),
    ("trains", "def wrap_model(self, model): nn.Flatten()", "wrap_model returned None", "return model"),
    ("trains", "def before_step(self, model): model.zero_grad()", "no weight moved", "requires_grad"),
    (
        "neutral",
        PENALTY + " + model[0].weight.sum()",
        "at strength=0 the training of image-class",
        "declare others",
    ),
    (
        "same_seed",
        "def after_step(self, model): model[0].weight.data += numpy.random.rand()",
        "a seed decides",
        "torch",
    ),
    (
        "resumes",
        COUNTING,
        "a checkpoint",
        "state()",
    ),
]


@pytest.mark.parametrize(("check", "hooks", "found", "mend"), WRONG, ids=[wrong[0] for wrong in WRONG])
def test_hooks_that_do_what_they_must_not(refused: Refused, check: str, hooks: str, found: str, mend: str) -> None:
    refused(calm(hooks, seen="[]"), check, found, mend)


@pytest.mark.parametrize(("returned", "found"), [("None", "None"), ("Calm", "the class Calm"), ("nn.ReLU()", "a ReLU")])
def test_what_is_no_regularizer(refused: Refused, returned: str, found: str) -> None:
    refused(
        calm(returned=returned), "hooks", f"the factory returned {found}; it must be a Regularizer", "automl.plugin"
    )


def test_an_evaluation_model_that_cannot_be_loaded(refused: Refused) -> None:
    renamed = "def evaluation_model(self, model): return nn.Sequential(model)"
    refused(calm(renamed), "state", "the kept weights don't fit", "names in its state_dict")


def test_an_evaluation_model_that_is_more_than_its_weights(refused: Refused) -> None:
    more = """
def evaluation_model(self, model):
    other = copy.deepcopy(model)
    other[6].register_forward_hook(lambda module, images, outputs: outputs.flip(1) + 1)
    return other
"""
    refused(calm(more), "state", "doesn't predict what was validated", "only the weights may count")


def test_neutral_values_that_are_not_declared_are_reported(checked: Checked) -> None:
    result = checked(calm(neutral="None"), "neutral")
    assert result.outcome == "does not apply" and "neutral values aren't declared" in result.message


def test_a_penalty_that_has_not_set_in_yet_is_fine(checked: Checked) -> None:
    assert checked(calm("def penalty(self, model): return torch.zeros(())"), "finite").outcome == "passed"


def test_a_live_parameter_that_a_checkpoint_brings_back(refused: Refused) -> None:
    kept = """
def penalty(self, model):
    return self.seen * sum(p.square().sum() for p in model.parameters())

def state(self): return {"seen": torch.tensor(self.seen)}
def restore(self, state, model): self.seen = float(state["seen"])
"""
    refused(calm(kept, seen="strength"), "live", "gone on from a checkpoint with strength=0.1", "take it out of live")


def test_a_live_parameter_that_is_an_attribute_is_the_new_one_without_more(checked: Checked) -> None:
    plain = "def penalty(self, model): return self.seen * sum(p.square().sum() for p in model.parameters())"
    assert checked(calm(plain, seen="strength"), "live").outcome == "passed"


def test_live_parameters_that_are_not_declared_are_reported(checked: Checked) -> None:
    result = checked(calm(live="()"), "live")
    assert result.outcome == "does not apply" and "live parameters aren't declared" in result.message
