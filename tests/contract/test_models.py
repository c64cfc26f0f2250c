"""What every model keeps to, whoever wrote it."""

from collections.abc import Callable
from typing import Any
from urllib.error import URLError

import optuna
import pytest
import torch
from torch import nn

from automl.components import Catalog, Component, Task, load_catalog
from automl.space import Space
from automl.training.assembly import assemble
from automl.training.losses import loss_for

MODELS = load_catalog().of_kind("model")
SHAPES = [(1, 8, 8), (3, 8, 8), (1, 28, 28), (3, 28, 28), (1, 33, 40), (3, 33, 40), (3, 64, 64)]
DRAWS = 20

each_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
each_shape = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "x".join(map(str, shape)))


@each_model
@each_shape
@pytest.mark.parametrize("classes", [3, 0])
def test_a_model_learns_from_a_batch_of_two_and_predicts_one(
    model: Component,
    shape: tuple[int, int, int],
    classes: int,
    catalog: Catalog,
    make_task: Callable[..., Task],
    space_of: Callable[..., Space],
) -> None:
    task = make_task(shape, classes)
    configuration = space_of(model, task).default()
    net = assemble(catalog, task, configuration).model
    images = torch.rand(2, *shape)
    outputs = net.train()(images)
    assert outputs.shape == (2, task.num_outputs) and outputs.dtype == torch.float32
    targets = torch.tensor([0, 1]) if classes else torch.rand(2, 1)
    loss_for(task, None)(outputs, targets).backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None, f"{name} takes no part"
        assert parameter.grad.isfinite().all(), name
    with torch.inference_mode():
        both, one = net.eval()(images), net(images[:1])
    assert one.shape == (1, task.num_outputs) and one.isfinite().all()
    torch.testing.assert_close(one, both[:1], rtol=1e-4, atol=1e-5)


@each_model
def test_a_models_state_is_all_that_it_needs(
    model: Component, catalog: Catalog, make_task: Callable[..., Task], space_of: Callable[..., Space]
) -> None:
    task = make_task((3, 28, 28))
    configuration = space_of(model, task).default()
    images = torch.rand(2, 3, 28, 28)
    first, second = (assemble(catalog, task, configuration).model for _ in range(2))
    first.train()(images)  # running statistics move
    second.load_state_dict(first.state_dict())
    with torch.inference_mode():
        torch.testing.assert_close(second.eval()(images), first.eval()(images))


@each_model
@pytest.mark.parametrize("seed", range(DRAWS))
def test_whatever_is_drawn_from_a_models_space_can_be_built(
    model: Component,
    seed: int,
    catalog: Catalog,
    make_task: Callable[..., Task],
    space_of: Callable[..., Space],
) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    shape = SHAPES[seed % len(SHAPES)]
    task = make_task(shape, classes=0 if seed % 3 == 0 else 4)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    configuration = space_of(model, task).suggest(study.ask())
    with torch.device("meta"):  # shapes without numbers: a large net costs nothing
        net = assemble(catalog, task, configuration).model
        assert net(torch.rand(2, *shape)).shape == (2, task.num_outputs)


@each_model
def test_a_model_takes_channels_last(
    model: Component, catalog: Catalog, make_task: Callable[..., Task], space_of: Callable[..., Space]
) -> None:
    task = make_task((3, 28, 28))
    net: Any = assemble(catalog, task, space_of(model, task).default()).model.eval()
    images = torch.rand(2, 3, 28, 28)
    with torch.inference_mode():
        expected = net(images)
        found = net.to(memory_format=torch.channels_last)(images.to(memory_format=torch.channels_last))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_resnet_without_its_pretrained_weights_says_what_to_do(
    catalog: Catalog, make_task: Callable[..., Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(*_: object, **__: object) -> None:
        raise URLError("no network")

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", offline)
    resnet = catalog.get("model", "resnet")
    with pytest.raises(RuntimeError, match=r"--set model\.resnet\.pretrained=false"):
        resnet.build(make_task((3, 64, 64)), {"depth": 18, "stem": "imagenet", "pretrained": True})


def test_resnets_imagenet_stem_sees_a_grey_image_as_its_rgb_copy(
    catalog: Catalog, make_task: Callable[..., Task]
) -> None:
    values = {"depth": 18, "stem": "imagenet", "pretrained": False}
    torch.manual_seed(1)
    colour: Any = catalog.get("model", "resnet").build(make_task((3, 64, 64)), values)
    torch.manual_seed(1)
    grey: Any = catalog.get("model", "resnet").build(make_task((1, 64, 64)), values)
    assert isinstance(grey.conv1, nn.Conv2d)
    image = torch.rand(1, 1, 64, 64)
    with torch.inference_mode():
        torch.testing.assert_close(grey.conv1(image), colour.conv1(image.expand(-1, 3, -1, -1)), rtol=1e-4, atol=1e-4)
