"""What breaks an augmentation's contract, and what is then said."""

from collections.abc import Callable
from textwrap import indent
from typing import Any

import pytest

from automl.testing import CheckResult
from automl.testing.contract import CHECKS
from automl.training.trainer import Trainer

Checked = Callable[[str, str], CheckResult]
Refused = Callable[..., None]
ELSEWHERE = {"imports", "ships", "accelerator"}
"""Need another process, or a GPU."""

AUGMENTATION = '''
@augmentation("shake")
def shake(task: Task, p: Annotated[float, Float(0.1, 0.9)] = 0.5):
    """Mirrors images."""
    import numpy
    import torch
    from torch.nn import functional

    def apply(images, targets):
        chosen = torch.rand(len(images), 1, 1, 1, device=images.device) < p
        flipped = torch.where(chosen, images.flip(3), images)
{body}
        return flipped, targets

    return {returned}
'''


def shake(body: str = "", returned: str = "apply") -> str:
    """The source of an augmentation, with `body` before what it returns."""
    return AUGMENTATION.format(body=indent(body, 8 * " "), returned=returned)


@pytest.mark.parametrize("check", sorted(CHECKS["augmentation"].keys() - ELSEWHERE))
def test_a_good_augmentation_passes(checked: Checked, check: str) -> None:
    result = checked(shake(), check)
    outcome = "does not apply" if check in ("cells", "tokens") else "passed"
    assert (result.outcome, result.hint) == (outcome, ""), result.message


WRONG = [
    ("shape", "flipped, targets = flipped[1:], targets[1:]", "a batch of 6 became 5 images and 5", "neither add"),
    ("shape", "targets = targets[1:]", "a batch of 6 became 6 images and 5 targets", "neither add"),
    ("shape", "flipped = flipped[..., 1:]", "images (6, 3, 28, 28) became (6, 3, 28, 27)", "pad or resize"),
    ("shape", "flipped = flipped.double()", "torch.float32 became torch.float64", "inputs.dtype"),
    ("shape", "flipped = flipped[..., :28, :28]", "images (6, 1, 33, 40) became (6, 1, 28, 28)", "pad or resize"),
    ("shape", "return flipped", "it returned a Tensor; an augmentation returns (inputs, targets)", "return inputs"),
    ("one_sample", "assert len(images) > 1, 'no pair'", "it raised AssertionError: no pair", "my_plugin.py, line"),
    ("memory_format", "images.view(-1)", "it raised RuntimeError: view size is not", "line 15"),
    ("pixels", "flipped = flipped / flipped.amax((1, 2, 3), True)", "pixels became NaN", "black all over"),
    ("pixels", "flipped = flipped - 0.1", "pixels reached from -0.1 to 0.9; they stay from 0 to 1", "clamp"),
    ("pixels", "flipped = flipped + (0.2 if p > 0.8 else 0)", "with p=0.8", "clamp"),
    ("targets", "targets = targets + 1", "class indices reach from 1 to 4; there are 4 classes", "probabilities"),
    ("targets", "targets = targets.float()", "targets became torch.float32 (8,)", "functional.one_hot"),
    (
        "targets",
        "targets = functional.one_hot(targets, 4) if targets.ndim == 1 else targets",
        "int64 (8, 4)",
        "one_",
    ),
    ("targets", "targets = targets * 2 if targets.ndim > 1 else targets", "sums from 2 to 2; none", "share * a"),
    (
        "targets",
        "targets = targets.mean(1) if not task.num_classes else targets",
        "values (8, 2) became (8,)",
        "Mix",
    ),
    ("targets", "functional.one_hot(targets, 4)", "it raised RuntimeError: one_hot is only applicable", "line"),
    ("arguments_kept", "images.mul_(0.5)", "it changed the images that it was given", "end in _"),
    ("arguments_kept", "targets[:] = 0", "it changed the targets that it was given", "x += ..."),
    ("per_sample", "flipped = images", "it changed nothing in 8 batches of 32 images", "its defaults"),
    ("per_sample", "flipped = images * torch.rand(1)", "16 copies of one image came out alike", "len(inputs)"),
    (
        "per_sample",
        "torch.manual_seed(1)\nreturn images * torch.rand(len(images), 1, 1, 1), targets",
        "8 batches were",
        "seed",
    ),
    ("same_seed", "flipped = images * numpy.random.rand()", "a seed decides everything", "Draw with torch alone"),
]


@pytest.mark.parametrize(("check", "body", "found", "mend"), WRONG, ids=[wrong[0] for wrong in WRONG])
def test_a_batch_that_comes_back_wrong(refused: Refused, check: str, body: str, found: str, mend: str) -> None:
    refused(shake(body), check, found, mend)


@pytest.mark.parametrize(
    ("returned", "found"), [("None", "None"), ("apply(None, None)", "it raised"), ("int", "the class")]
)
def test_what_is_no_function(refused: Refused, returned: str, found: str) -> None:
    refused(shake(returned=returned), "shape", found)


def test_an_augmentation_that_is_on_in_evaluation(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluate = Trainer._evaluation_model

    def augmented(self: Trainer) -> Any:
        inputs = self._data.val_inputs.rows(slice(0, 8))
        self._augmentations[0](inputs / 255, inputs[:, 0, 0, 0])
        return evaluate(self)

    monkeypatch.setattr(Trainer, "_evaluation_model", augmented)
    refused(shake(), "evaluation", "16 training and 8 validation images it was applied to 24", "nothing but the batch")
