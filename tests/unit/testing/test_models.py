"""What breaks a model's contract, and what is then said."""

from collections.abc import Callable
from textwrap import indent

import pytest

from automl.testing import CheckResult
from automl.testing.contract import CHECKS

Checked = Callable[[str, str], CheckResult]
Refused = Callable[..., None]
ELSEWHERE = {"imports", "ships", "accelerator"}
"""Need another process, or a GPU."""

MODEL = '''
@model("net", task={tasks}, applies={applies})
def net(task: Task, width: Annotated[int, {domain}] = 3, pretrained: bool = False):
    """A net."""
    import numpy
    import torch
    from torch import nn

    assert not pretrained, "nothing is downloaded"
    channels, height, breadth = task.input_shape
    outputs = task.num_outputs

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.line = nn.Linear({features}, outputs)
            self.extra = {extra}

        def forward(self, images):
            means = images.mean((2, 3))
{forward}

    return {returned}
'''
SIMPLE = "return self.line(means)"


def net(
    forward: str = SIMPLE,
    *,
    extra: str = "None",
    features: str = "channels",
    returned: str = "Net()",
    domain: str = "Int(2, 4)",
    tasks: str = "('image-classification', 'image-regression')",
    applies: str = "None",
) -> str:
    """The source of a model: its `forward`, given `images` and `means` (N, channels), and what else is special."""
    forward = indent(forward, 12 * " ")
    return MODEL.format(**locals())


@pytest.mark.parametrize("check", sorted(CHECKS["model"].keys() - ELSEWHERE))
def test_a_good_model_passes(checked: Checked, check: str) -> None:
    result = checked(net(), check)
    assert (result.outcome, result.hint) == ("passed", ""), result.message
    assert (result.component, result.check) == ("model.net", check)


@pytest.mark.parametrize(
    ("forward", "found", "mend"),
    [
        ("return means", "its forward returned (2, 3); a model returns (N, task.num_outputs), here (2, 4)", "task.num"),
        ("return self.line(means).detach()", "its output depends on no weight", "no_grad()"),
        ("return self.line(means)[:1]", "its forward returned (1, 4)", "flatten"),
        ("return self.line(means), means", "its forward returned a tuple of 2", "aux_logits=False"),
        ("return self.line(means).argmax(1, True).expand(-1, outputs)", "its forward returned torch.int64", "argmax"),
        ("return self.line(means) / 0", "it returned values that aren't finite", "division"),
        ("return (self.line(means) * 0).abs().sqrt()", "the gradient of line.weight isn't finite", "sqrt"),
        (
            "return self.line.bias + 0 * means[:, :1]",
            "the weight line.weight gets no gradient",
            "requires_grad_(False)",
        ),
        ("return self.lime(means)", "it raised AttributeError: 'Net' object has no", "(my_plugin.py, line 24)"),
    ],
)
def test_outputs_and_gradients(refused: Refused, forward: str, found: str, mend: str) -> None:
    refused(net(forward), "gradients", found, mend)


@pytest.mark.parametrize(
    ("returned", "found"), [("Net", "the class Net"), ("None", "None"), ("[Net()]", "a list of 1")]
)
def test_what_is_no_module(refused: Refused, returned: str, found: str) -> None:
    for check in ("gradients", "trains", "cost"):
        refused(net(returned=returned), check, f"the factory returned {found}", "Return the module itself")


def test_a_prediction_that_depends_on_the_rest_of_the_batch(refused: Refused) -> None:
    refused(net("return self.line(means - means.mean(0))"), "one_sample", "in evaluation each input", "dimension 0")


def test_a_squeeze_that_takes_a_batch_of_one_away(refused: Refused) -> None:
    refused(net("return self.line(means.squeeze())"), "one_sample", "its forward returned (4,)", "flatten")


def test_a_size_that_is_taken_for_granted(refused: Refused) -> None:
    fixed = net("return self.line(images.flatten(1))", features="channels * 28 * 28")
    refused(fixed, "sizes", "images of 1x8x8 raised RuntimeError", "AdaptiveAvgPool2d", "applies=lambda task:")


def test_sizes_that_a_model_says_it_does_not_take_are_reported(checked: Checked) -> None:
    picky = 'lambda task: "needs 16 px" if min(task.input_shape[1:]) < 16 else None'
    result = checked(net(applies=picky), "sizes")
    assert (result.outcome, result.message) == ("passed", "1x8x8, 3x8x8: needs 16 px")


def test_a_model_that_needs_larger_images_is_checked_with_larger_ones(checked: Checked) -> None:
    large = 'lambda task: "needs 75 px" if min(task.input_shape[1:]) < 75 else None'
    assert "64 images of 3x80x80" in checked(net(applies=large), "cost").message


def test_a_model_that_fits_nothing(refused: Refused) -> None:
    refused(net(applies='lambda task: "never"'), "trains", "it fits none of the sizes", "never", "returns None where")


def test_a_state_outside_of_the_state_dict(refused: Refused) -> None:
    hidden = net("return self.line(means) + self.extra", extra="torch.randn(1)")
    refused(hidden, "state", "its state_dict must be all it needs", "register_buffer")


def test_a_view_that_channels_last_breaks(refused: Refused) -> None:
    viewed = net("return self.line(images.view(len(images), -1)[:, :channels])")
    refused(viewed, "memory_format", "it raised RuntimeError: view size is not compatible")


def test_an_output_that_depends_on_the_layout(refused: Refused) -> None:
    strided = "order = images.stride()[1] / images.numel()\nreturn self.line(means + order)"
    refused(net(strided), "memory_format", "when the images are laid out channels_last", "reshape")


def test_a_value_that_cannot_be_built(refused: Refused) -> None:
    odd = net("assert width != 4, 'four is unlucky'\nreturn self.line(means)")
    refused(
        odd, "draws", "it raised AssertionError: four is unlucky, with width=4, pretrained=false (my_plugin.py, line"
    )


def test_a_bound_that_is_no_integer(refused: Refused) -> None:
    refused(net(domain="Int(1, lambda task: task.input_shape[1] / 3)"), "draws", "width is 1 to 9.33", "Divide with //")


def test_what_the_meta_device_cannot_do_is_done_for_real(checked: Checked) -> None:
    assert checked(net("assert float(means.sum()) > 0\nreturn self.line(means)"), "draws").outcome == "passed"


def test_a_training_that_diverges(refused: Refused) -> None:
    steep = net("return self.line(means) * (float('nan') if self.training else 1)")
    refused(steep, "trains", "it diverged: the training loss is nan in epoch 1", "logarithm")


def test_weights_that_do_not_move(refused: Refused) -> None:
    still = net("return self.line(means) * torch.zeros(1)")
    refused(still, "trains", "no weight moved in two epochs of image-classification", "detach()")


def test_chance_that_no_seed_decides(refused: Refused) -> None:
    refused(net("return self.line(means) + numpy.random.rand()"), "same_seed", "a seed decides", "numpy.random")


def test_time_and_memory_of_a_batch_are_told(checked: Checked) -> None:
    result = checked(net(), "cost")
    assert result.figures["seconds"] > 0
    assert result.figures["bytes"] > 64 * 3 * 28 * 28 * 4, "the batch alone"
    assert "for 64 images of 3x28x28 (CPU" in result.message


def test_memory_grows_with_what_is_kept_for_the_backward_pass(checked: Checked) -> None:
    kept = "for _ in range(10):\n    images = (images * self.line.weight[0, 0]).sigmoid()\n"
    grown = (
        checked(net(f"{kept}return self.line(images.mean((2, 3)))"), "cost").figures["bytes"]
        - checked(net(), "cost").figures["bytes"]
    )
    assert grown >= 10 * 64 * 3 * 28 * 28 * 4
