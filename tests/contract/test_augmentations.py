"""What every augmentation keeps to, whoever wrote it."""

from collections.abc import Callable
from typing import Any

import optuna
import pytest
import torch
from torch import Tensor

from automl.components import Catalog, Component, Task, load_catalog
from automl.space import Space
from automl.training.assembly import assemble

AUGMENTATIONS = load_catalog().of_kind("augmentation")
SHAPES = [(1, 8, 8), (3, 8, 8), (1, 28, 28), (3, 33, 40), (3, 64, 64)]

each_augmentation = pytest.mark.parametrize("augmentation", AUGMENTATIONS, ids=lambda found: found.name)
each_shape = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "x".join(map(str, shape)))

Make = Callable[..., Any]


@pytest.fixture
def make(catalog: Catalog, make_task: Callable[..., Task], space_of: Callable[..., Space]) -> Make:
    """make(component, shape) -> the callable with its defaults; with a seed, with values drawn from its space."""

    def build(component: Component, shape: tuple[int, int, int], classes: int = 3, seed: int | None = None) -> Any:
        task = make_task(shape, classes)
        space = space_of(component, task)
        if seed is None:
            configuration = space.default()
        else:
            optuna.logging.set_verbosity(optuna.logging.ERROR)
            study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
            configuration = space.suggest(study.ask())
        (built,) = assemble(catalog, task, configuration).augmentations
        return built

    return build


def batch(shape: tuple[int, int, int], count: int = 16) -> tuple[Tensor, Tensor]:
    return torch.rand(count, *shape), torch.arange(count) % 3


@each_augmentation
@each_shape
def test_images_stay_images_and_the_batch_is_left_alone(
    augmentation: Component, shape: tuple[int, int, int], make: Make
) -> None:
    images, targets = batch(shape)
    before, labels = images.clone(), targets.clone()
    for seed in (None, 0, 1, 2):
        changed, new_targets = make(augmentation, shape, seed=seed)(images, targets)
        assert (changed.shape, changed.dtype, changed.device) == (images.shape, images.dtype, images.device)
        assert changed.isfinite().all() and changed.min() >= 0 and changed.max() <= 1
        assert new_targets.shape[0] == len(targets) and new_targets.device == targets.device
        assert torch.equal(images, before) and torch.equal(targets, labels)


@each_augmentation
def test_something_changes_and_not_the_same_in_each_image(augmentation: Component, make: Make) -> None:
    image = torch.rand(1, 3, 16, 16)
    same = image.expand(32, -1, -1, -1).contiguous()
    changed, _ = make(augmentation, (3, 16, 16))(same, torch.zeros(32, dtype=torch.int64))
    assert not torch.equal(changed, same)
    assert len({tuple(one.flatten().tolist()) for one in changed}) > 1


@each_augmentation
def test_the_seed_decides(augmentation: Component, make: Make) -> None:
    apply = make(augmentation, (3, 16, 16))
    images, targets = batch((3, 16, 16))
    torch.manual_seed(7)
    first, _ = apply(images, targets)
    second, _ = apply(images, targets)
    torch.manual_seed(7)
    again, _ = apply(images, targets)
    assert torch.equal(first, again)
    assert not torch.equal(first, second)


@each_augmentation
@pytest.mark.parametrize("count", [1, 2])
def test_a_small_batch_is_enough(augmentation: Component, make: Make, count: int) -> None:
    images, targets = batch((1, 8, 8), count)
    assert make(augmentation, (1, 8, 8))(images, targets)[0].shape == images.shape


@each_augmentation
def test_channels_last_is_taken(augmentation: Component, make: Make) -> None:
    images, targets = batch((3, 16, 16))
    changed, _ = make(augmentation, (3, 16, 16))(images.to(memory_format=torch.channels_last), targets)
    assert changed.shape == images.shape and changed.isfinite().all()


@each_augmentation
def test_the_values_of_a_regression_are_kept(augmentation: Component, make: Make) -> None:
    images, targets = torch.rand(8, 1, 8, 8), torch.rand(8, 1)
    changed, new_targets = make(augmentation, (1, 8, 8), classes=0)(images, targets)
    assert changed.shape == images.shape
    assert new_targets.shape == targets.shape
