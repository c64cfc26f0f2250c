"""What is particular to a built-in model; what holds for all of them is in tests/contract."""

from collections.abc import Callable
from typing import Any
from urllib.error import URLError

import pytest
import torch
from torch import nn
from torchvision import models
from torchvision.ops import StochasticDepth

from automl.components import Catalog, Component, Task, load_catalog
from automl.space import compose

MakeTask = Callable[..., Task]
MODELS = [model for model in load_catalog().of_kind("model") if "image-classification" in model.tasks]

# Component, its values, torchvision's name for it, the first convolution.
IMAGENET = [
    ("resnet", {"depth": 18, "stem": "imagenet"}, "resnet18", "conv1"),
    ("densenet", {"depth": 121, "stem": "imagenet"}, "densenet121", "features.conv0"),
    ("efficientnet", {"size": "b0", "stem_stride": 2}, "efficientnet_b0", "features.0.0"),
    ("convnext", {"size": "tiny", "patch": 4}, "convnext_tiny", "features.0.0"),
    ("inception_v3", {}, "inception_v3", "Conv2d_1a_3x3.conv"),
]
each_imagenet = pytest.mark.parametrize(("name", "values", "weights", "first"), IMAGENET, ids=lambda v: str(v)[:20])


@pytest.fixture
def build(catalog: Catalog, make_task: MakeTask) -> Callable[..., Any]:
    """build("resnet", (3, 28, 28), depth=18) -> the net, its other parameters at their defaults for such images."""

    def make(name: str, shape: tuple[int, int, int], **values: Any) -> Any:
        component, task = catalog.get("model", name), make_task(shape)
        defaults = {p.name: p.domain.resolve(task).clip(p.default) for p in component.parameters}
        torch.manual_seed(0)
        return component.build(task, {**defaults, **values})

    return make


@each_imagenet
def test_a_pretrained_net_starts_from_torchvisions_weights(
    name: str,
    values: dict[str, Any],
    weights: str,
    first: str,
    build: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = {"init_weights": False} if weights == "inception_v3" else {}
    published = models.get_model(weights, weights=None, **options).state_dict()
    url = models.get_model_weights(weights).DEFAULT.url
    # torchvision renames some of the names while it loads: it gets a copy.
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", lambda _, **__: dict(published))
    net = build(name, (3, 80, 80), pretrained=True, **values)

    own = net.state_dict()
    head = {key for key in own if key not in published or own[key].shape != published[key].shape}
    assert {key.rpartition(".")[2] for key in head} == {"weight", "bias"} and len(head) <= 4, (head, url)
    scale = 0.45 if name == "inception_v3" else 1.0
    torch.testing.assert_close(own[f"{first}.weight"], published[f"{first}.weight"] * scale)
    assert all(own[key].equal(published[key]) for key in own.keys() - head - {f"{first}.weight"})
    assert net.eval()(torch.rand(1, 3, 80, 80)).shape == (1, 3)


@each_imagenet
def test_a_grey_image_is_seen_as_its_rgb_copy(
    name: str, values: dict[str, Any], weights: str, first: str, build: Callable[..., Any]
) -> None:
    colour, grey, two = (build(name, (channels, 80, 80), **values).eval() for channels in (3, 1, 2))
    image = torch.rand(1, 1, 80, 80)
    with torch.inference_mode():
        expected = colour(image.expand(-1, 3, -1, -1))
        torch.testing.assert_close(grey(image), expected, rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(two(image.expand(-1, 2, -1, -1)), expected, rtol=1e-3, atol=1e-4)


@each_imagenet
def test_without_its_weights_a_trial_says_what_to_do(
    name: str,
    values: dict[str, Any],
    weights: str,
    first: str,
    build: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def offline(*_: object, **__: object) -> None:
        raise URLError("no network")

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", offline)
    with pytest.raises(RuntimeError, match=rf"{weights} .*no network.*--set model\.{name}\.pretrained=false"):
        build(name, (3, 80, 80), pretrained=True, **values)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_model_leaves_dropping_to_the_regularizers(model: Component, build: Callable[..., Any]) -> None:
    net = build(model.name, (3, 80, 80))
    assert not [module for module in net.modules() if isinstance(module, nn.Dropout | StochasticDepth) and module.p]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_model_names_the_regularizers_that_find_nothing_in_it(model: Component, build: Callable[..., Any]) -> None:
    net = build(model.name, (3, 80, 80))
    kinds = {type(module).__name__ for module in net.modules()}
    has_blocks = bool(kinds & {"BasicBlock", "Bottleneck", "StochasticDepth", "EncoderBlock"})
    assert has_blocks == ("regularizer.stochastic_depth" not in model.conflicts)
    has_weights = any(parameter.name == "pretrained" for parameter in model.parameters)
    assert has_weights == ("regularizer.freeze_backbone" not in model.conflicts) == bool(model.weights)


@pytest.mark.parametrize("depth", [40, 100])
def test_a_densenet_has_the_layers_that_its_name_says(depth: int, build: Callable[..., Any]) -> None:
    net = build("densenet", (1, 28, 28), depth=depth)
    assert sum(isinstance(module, nn.Conv2d | nn.Linear) for module in net.modules()) == depth


@pytest.mark.parametrize(
    ("parameter", "shape", "low", "default", "high"),
    [
        ("efficientnet.stem_stride", (3, 64, 64), 1, 1, 2),
        ("efficientnet.stem_stride", (3, 65, 65), 2, 2, 2),
        ("inception.stem_stride", (3, 65, 65), 2, 2, 2),
        ("convnext.patch", (1, 8, 8), 1, 1, 1),
        ("convnext.patch", (1, 28, 28), 1, 2, 3),
        ("convnext.patch", (3, 33, 40), 1, 2, 4),
        ("convnext.patch", (3, 224, 224), 4, 4, 4),
        ("vit.patch", (1, 8, 8), 1, 2, 2),
        ("vit.patch", (1, 28, 28), 2, 4, 7),
        ("vit.patch", (3, 33, 40), 3, 4, 8),
        ("vit.patch", (3, 224, 224), 14, 14, 56),
        ("vit.patch", (3, 32, 512), 32, 32, 32),
    ],
)
def test_patches_and_strides_are_as_large_as_the_images_allow(
    parameter: str,
    shape: tuple[int, int, int],
    low: int,
    default: int,
    high: int,
    catalog: Catalog,
    make_task: MakeTask,
    build: Callable[..., Any],
) -> None:
    name, argument = parameter.split(".")
    found = compose(catalog, make_task(shape), {"model": name}).space[f"model.{parameter}"]
    assert found.domain.values() == list(range(low, high + 1)) and found.default == default
    for value in (low, high):
        with torch.device("meta"):
            assert build(name, shape, **{argument: value})(torch.rand(2, *shape)).shape == (2, 3)


def test_a_vit_sees_where_a_patch_lies_and_all_of_an_image_that_patches_dont_divide(build: Callable[..., Any]) -> None:
    net = build("vit", (1, 9, 10), patch=4).eval()
    images = torch.zeros(90, 1, 9, 10)
    images.view(90, 90).fill_diagonal_(1.0)  # one pixel each
    with torch.inference_mode():
        outputs = net(images)
    assert len(outputs.unique(dim=0)) == 90


@pytest.mark.parametrize(("name", "side"), [("convnext", 8), ("inception_v3", 75)])
def test_a_model_says_how_large_images_must_be(
    name: str, side: int, catalog: Catalog, make_task: MakeTask, build: Callable[..., Any]
) -> None:
    component = catalog.get("model", name)
    assert component.mismatch(make_task((3, 300, side - 1))) == f"needs {side} px or more, the images have {side - 1}"
    assert component.mismatch(make_task((3, side, side))) is None
    assert build(name, (3, side, side))(torch.rand(2, 3, side, side)).shape == (2, 3)
