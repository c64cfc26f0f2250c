"""Each regularizer does exactly what its paper says."""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from automl.components import Catalog, Regularizer, Task
from automl.training.trainer import Trainer

Make = Callable[..., Regularizer]
MakeTrainer = Callable[..., Trainer]


def small_net() -> nn.Module:
    return nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Dropout(0.5), nn.Linear(5, 3))


def weights_of(model: nn.Module) -> list[Tensor]:
    return [parameter.detach().clone() for parameter in model.parameters()]


def backward(model: nn.Module, images: Tensor) -> Tensor:
    """As the engine computes gradients."""
    loss: Tensor = model(images).square().mean()
    model.zero_grad()
    loss.backward()
    return loss.detach()


# Penalties and losses


def test_l1_is_the_sum_of_the_absolute_weights(regularizer: Make) -> None:
    model = nn.Linear(2, 2)
    model.load_state_dict({"weight": torch.tensor([[1.0, -2.0], [0.5, 0.0]]), "bias": torch.tensor([7.0, 7.0])})
    assert regularizer("l1", strength=0.1).penalty(model).item() == pytest.approx(0.35)


@pytest.mark.parametrize("mixed", [False, True])
def test_label_smoothing_is_torchs(regularizer: Make, mixed: bool) -> None:
    outputs, targets = torch.randn(6, 3), torch.tensor([0, 1, 2, 0, 1, 1])
    given = nn.functional.one_hot(targets, 3).float() if mixed else targets
    smoothed = regularizer("label_smoothing", amount=0.2).loss(nn.functional.cross_entropy)
    torch.testing.assert_close(
        smoothed(outputs, given), nn.functional.cross_entropy(outputs, given, label_smoothing=0.2)
    )


# Averages of weights


def check_averages(average: Regularizer, values: list[float], expected: list[float]) -> None:
    """After each of some epochs of one step, with all of a model's weights at `values`, all averages are `expected`."""
    model = small_net()
    for epoch, (value, mean) in enumerate(zip(values, expected, strict=True), 1):
        with torch.no_grad():
            for tensor in (*model.parameters(), *model.buffers()):
                tensor.fill_(value)
        average.after_step(model)
        average.after_epoch(model, epoch / len(values))
        state = average.evaluation_model(model).state_dict()
        assert state.keys() == model.state_dict().keys()
        for tensor in state.values():
            if tensor.is_floating_point():
                torch.testing.assert_close(tensor, torch.full_like(tensor, mean))


def test_ema_averages_what_was_done_by_hand(regularizer: Make) -> None:
    values = [1.0, 3.0, -2.0, 5.0]
    expected = [1.0]
    for step, value in enumerate(values[1:], 1):
        decay = min(0.2, (1 + step) / (10 + step))  # 2/11, then 0.2
        expected.append(decay * expected[-1] + (1 - decay) * value)
    check_averages(regularizer("ema", decay=0.2), values, expected)


def test_swa_is_the_mean_of_the_weights_after_the_last_epochs(regularizer: Make) -> None:
    check_averages(regularizer("swa", start=0.5), [1.0, 3.0, -2.0, 5.0], [1.0, 3.0, 0.5, 2.0])


@pytest.mark.parametrize(("name", "settings"), [("ema", {"decay": 0.99}), ("swa", {"start": 0.3})])
def test_averages_leave_whole_numbers_as_they_are(regularizer: Make, name: str, settings: dict[str, float]) -> None:
    """Such as where the codes of a table's column begin: a mean that is rounded down would be in another column."""
    model, average = small_net(), regularizer(name, **settings)
    model.register_buffer("first", torch.arange(1000), persistent=False)
    for epoch in range(1, 31):
        average.after_step(model)
        average.after_epoch(model, epoch / 30)
    assert torch.equal(average.evaluation_model(model).get_buffer("first"), torch.arange(1000))


def test_swa_gives_its_mean_the_batch_statistics_of_the_mean(regularizer: Make) -> None:
    swa, model, batches = regularizer("swa", start=0.5), nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5)), []
    for epoch in range(1, 5):
        nn.init.normal_(model[0].weight)
        batches = [torch.randn(600, 6) + epoch for _ in range(3)]  # 1024 images are enough: two of these
        for batch in batches:
            swa.gradients(lambda batch=batch: backward(model, batch), model)
        swa.after_epoch(model, epoch / 4)
    mean = swa.evaluation_model(model)
    outputs = mean[0](torch.cat(batches[:2]))
    torch.testing.assert_close(mean[1].running_mean, outputs.mean(0))
    torch.testing.assert_close(mean[1].running_var, outputs.var(0), rtol=0.01, atol=0)
    assert not model._forward_pre_hooks


# SAM


def test_sams_gradient_is_the_one_at_the_worst_point_nearby(regularizer: Make) -> None:
    model, images = small_net(), torch.randn(8, 6)
    before, state = weights_of(model), torch.get_rng_state()
    backward(model, images)
    gradients = [p.grad.clone() for p in model.parameters()]
    norm = math.sqrt(sum(float(g.square().sum()) for g in gradients))
    with torch.no_grad():
        for parameter, gradient in zip(model.parameters(), gradients, strict=True):
            parameter.add_(0.3 * gradient / norm)
    torch.set_rng_state(state)
    backward(model, images)
    expected = [p.grad.clone() for p in model.parameters()]

    with torch.no_grad():
        for parameter, value in zip(model.parameters(), before, strict=True):
            parameter.copy_(value)
    torch.set_rng_state(state)
    regularizer("sam", rho=0.3).gradients(lambda: backward(model, images), model)
    torch.testing.assert_close([p.grad for p in model.parameters()], expected)
    assert all(torch.equal(*pair) for pair in zip(weights_of(model), before, strict=True))


def test_sam_leaves_loss_statistics_and_random_numbers_as_one_pass_does(regularizer: Make) -> None:
    once, twice = small_net(), small_net()
    twice.load_state_dict(once.state_dict())
    images = torch.randn(8, 6)
    torch.manual_seed(3)
    loss = backward(once, images)
    following = torch.rand(3)
    torch.manual_seed(3)
    assert regularizer("sam", rho=0.3).gradients(lambda: backward(twice, images), twice) == loss
    torch.testing.assert_close(torch.rand(3), following)
    torch.testing.assert_close(dict(twice.named_buffers()), dict(once.named_buffers()), rtol=0, atol=0)
    assert not torch.equal(twice[0].weight.grad, once[0].weight.grad)


# Gradient clipping, early stopping


@pytest.mark.parametrize(("max_norm", "expected"), [(0.5, 0.5), (100.0, 13.0)])
def test_gradients_are_clipped_by_their_common_norm(regularizer: Make, max_norm: float, expected: float) -> None:
    model = nn.Linear(2, 1)
    model.weight.grad, model.bias.grad = torch.tensor([[3.0, 4.0]]), torch.tensor([12.0])
    regularizer("gradient_clipping", max_norm=max_norm).before_step(model)
    torch.testing.assert_close(
        torch.cat([model.weight.grad[0], model.bias.grad]), torch.tensor([3, 4, 12]) * expected / 13
    )


def test_early_stopping_waits_for_its_patience(regularizer: Make) -> None:
    stopping = regularizer("early_stopping", patience=2, min_delta=0.1)
    merits = [-math.inf, 0.5, 0.55, 0.7, 0.75, 0.7]
    assert [stopping.after_validation(merit) is not None for merit in merits] == [False] * 5 + [True]


def test_early_stopping_ends_a_trial_with_its_reason(make_trainer: MakeTrainer) -> None:
    values = {"regularizer.early_stopping.patience": 2, "regularizer.early_stopping.min_delta": 1.0}
    trainer = make_trainer({"training.epochs": 9, "regularizer.early_stopping": True} | values)
    ends = [trainer.run_epoch().end for _ in range(3)]
    assert ends == [None, None, "early stopping: no better for 2 epochs"]


# Freezing


def test_a_frozen_backbone_stands_still_and_then_moves(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer(
        {
            "training.epochs": 4,
            "regularizer.freeze_backbone": True,
            "regularizer.freeze_backbone.fraction": 0.5,
            "regularizer.l2": True,
            "regularizer.l2.strength": 0.3,
            "regularizer.l2.form": "decoupled",
        }
    )
    model = trainer._model
    states = [{name: p.detach().clone() for name, p in model.named_parameters()}]
    for _ in range(4):
        trainer.run_epoch()
        states.append({name: p.detach().clone() for name, p in model.named_parameters()})
    convolutions = {name for name, p in model.named_parameters() if p.ndim == 4}
    assert len(convolutions) == 5
    for epoch, (before, after) in enumerate(pairwise(states), 1):
        still = {name for name in before if torch.equal(before[name], after[name])}
        assert still == (convolutions if epoch <= 2 else set())


# Dropout, stochastic depth


def test_dropout_stands_before_the_last_linear_layer(regularizer: Make) -> None:
    model: Any = regularizer("dropout", p=0.4).wrap_model(nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 3)))
    assert isinstance(model[0], nn.Linear)
    assert isinstance(model[2][0], nn.Dropout) and model[2][0].p == 0.4


def skips(model: nn.Module) -> list[float]:
    from torchvision.ops import StochasticDepth

    return [round(module.p, 6) for module in model.modules() if isinstance(module, StochasticDepth)]


RESIDUAL = {
    "resnet": ({"depth": 18, "stem_stride": 1}, [0.05 * b for b in range(1, 9)]),
    "vit": ({"depth": 2, "width": 64}, [0.2, 0.2, 0.4, 0.4]),  # two branches a block
    "convnext": ({"size": "atto", "patch": 1}, [0.4 * b / 12 for b in range(1, 13)]),
    "efficientnet": ({"size": "b0"}, [0.4 * b / 16 for b in range(1, 17)]),
}


@pytest.mark.parametrize("name", RESIDUAL)
def test_deeper_blocks_are_skipped_more_often(
    name: str, regularizer: Make, catalog: Catalog, make_task: Callable[..., Task]
) -> None:
    component = catalog.get("model", name)
    values, expected = RESIDUAL[name]
    task = make_task((1, 16, 16))
    defaults = {p.name: p.domain.resolve(task).clip(p.default) for p in component.parameters}
    with torch.device("meta"):
        model = regularizer("stochastic_depth", p=0.4).wrap_model(component.build(task, defaults | values))
        assert model.train()(torch.rand(2, 1, 16, 16)).shape == (2, 3)
    assert skips(model) == pytest.approx(expected, abs=1e-6)


def test_a_skipped_block_passes_its_input_on_and_the_others_make_up_for_it(regularizer: Make) -> None:
    from torchvision.models.resnet import BasicBlock

    block = BasicBlock(4, 4)
    nn.init.ones_(block.bn2.bias)  # the branch is about 1 everywhere
    nn.init.zeros_(block.bn2.weight)
    block = regularizer("stochastic_depth", p=0.25).wrap_model(block)
    images = torch.ones(4000, 4, 2, 2)
    outputs = block.train()(images)
    skipped = (outputs == images).flatten(1).all(1)
    assert float(skipped.float().mean()) == pytest.approx(0.25, abs=0.03)
    torch.testing.assert_close(outputs[~skipped], torch.full_like(outputs[~skipped], 1 + 1 / 0.75))
    torch.testing.assert_close(block.eval()(images), torch.full_like(images, 2.0))


def test_stochastic_depth_leaves_a_model_without_residual_blocks_alone(regularizer: Make) -> None:
    model = small_net()
    names = list(model.state_dict())
    assert regularizer("stochastic_depth").wrap_model(model) is model
    assert list(model.state_dict()) == names and not skips(model)
