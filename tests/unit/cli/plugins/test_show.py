"""`automl plugins show`."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from automl.components import Catalog

RunCli = Callable[..., Any]


def test_a_component_is_shown_with_all_that_is_known_of_it(run_cli: RunCli, plugin: Callable[..., Path]) -> None:
    path = plugin(
        arguments="""
        pool: Literal["mean", "attention", "max"] = "mean",
        heads: Annotated[int, Int(1, 8, when={"pool": ["attention", "max"]})] = 4,
        rate: Annotated[float, Float(1e-5, 0.1, log=True)] = 0.01,
        patch: Annotated[int, Int(lambda task: 1, lambda task: 9)] = 4,
        bias: bool = True,""",
        doc="A net.\n\n    More about it.",
        conflicts='("regularizer.dropout",)',
        limits='{"small_images": "needs [75] px"}',
        applies="lambda task: None",
    )
    ran = run_cli("plugins", "show", "my_net", "--plugin", path)
    assert ran.code == 0
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    for line in (
        "model my_net",
        "A net.",
        "More about it.",
        "tasks image-classification",
        "data not all of it fits: a search says why",
        "not with regularizer.dropout",
        "limit small_images: needs [75] px",
        "model.my_net.pool mean, attention, max mean",
        "model.my_net.heads 1 to 8 4 pool is attention or max",
        "model.my_net.rate 1e-05 to 0.1, log scale 0.01",
        "model.my_net.patch as the data allow 4",
        "model.my_net.bias false, true true",
        f"automl search --plugin {path} --models my_net --set 'model.my_net.pool=[mean, attention]'",
    ):
        assert line in lines
    assert any(re.fullmatch(rf"from file {path} \(sha256 [0-9a-f]{{16}}\)", line) for line in lines)


def test_a_built_in_component_is_shown_with_its_paper_and_weights(run_cli: RunCli) -> None:
    out = run_cli("plugins", "show", "resnet").out
    assert "He et al. 2016" in out and "from       package automl" in out
    assert "model.resnet.stem_stride" in out and "stem is small" in out


def test_what_is_switched_is_shown_with_its_switch(run_cli: RunCli, plugin: Callable[..., Path]) -> None:
    path = plugin("shake", "augmentation", "p: Annotated[float, Float(0.1, 0.9)] = 0.5")
    out = run_cli("plugins", "show", "shake", "--plugin", path).out
    assert re.search(r"augmentation\.shake +false, true +false", out)
    assert "--set augmentation.shake=true --set 'augmentation.shake.p={low: 0.5, high: 0.9}'" in out


def test_a_component_without_arguments_is_shown(run_cli: RunCli, plugin: Callable[..., Path]) -> None:
    out = run_cli("plugins", "show", "my_net", "--plugin", plugin()).out
    assert "--models my_net" in out and "--set" not in out


def test_a_name_in_two_kinds_is_shown_twice(run_cli: RunCli, plugin: Callable[..., Path]) -> None:
    path = plugin("dropout", doc="A net.")
    both = run_cli("plugins", "show", "dropout", "--plugin", path).out
    assert "model dropout\n" in both and "regularizer dropout\n" in both
    assert "regularizer dropout" not in run_cli("plugins", "show", "dropout", "--kind", "model", "--plugin", path).out


@pytest.mark.parametrize(
    ("arguments", "texts"),
    [
        (["resnett"], ["Unknown component 'resnett'", "Did you mean resnet"]),
        (["resnett", "--kind", "model"], ["Unknown model 'resnett'", "Did you mean resnet"]),
        (["resnet", "--kind", "regularizer"], ["Unknown regularizer 'resnet'", "dropout"]),
        (["resnet", "--kind", "models"], ["Unknown kind 'models'", "Did you mean model"]),
    ],
)
def test_what_is_unknown_is_told_with_the_near_matches(run_cli: RunCli, arguments: list[str], texts: list[str]) -> None:
    ran = run_cli("plugins", "show", *arguments)
    assert ran.code == 2
    assert all(text in ran.err for text in texts)


def test_an_unknown_component_may_be_in_a_broken_package(run_cli: RunCli, shared_catalog: Catalog) -> None:
    shared_catalog.broken["package vit 2.0"] = "ImportError: no timm"
    ran = run_cli("plugins", "show", "vit_huge_of_mine")
    assert ran.code == 2
    assert "package vit 2.0: ImportError: no timm" in ran.out + ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "a: bool = True",
        'a: Literal["x", "y", "z"] = "z"',
        "a: Annotated[int, Choice(1, 2)] = 2",
        "a: Annotated[int, Int(1, 9)] = 9",
        "a: Annotated[int, Int(3, 3)] = 3",
        "a: Annotated[int, Int(2, 8, step=2)] = 4",
        "a: Annotated[float, Float(1e-7, 1e-3, log=True)] = 1e-5",
        "a: Annotated[float, Float(0.0, 1.0, step=0.25)] = 0.5",
        "a: Annotated[int, Int(1, lambda task: task.input_shape[1])] = 2",
        'a: Literal["none"] | None = None',
    ],
)
@pytest.mark.parametrize("kind", ["model", "augmentation"])
def test_the_command_that_is_shown_is_accepted(
    run_cli: RunCli, search: RunCli, plugin: Callable[..., Path], kind: str, arguments: str
) -> None:
    out = run_cli("plugins", "show", "mine", "--plugin", plugin("mine", kind, arguments)).out
    (command,) = re.findall(r"^  automl search (.*)$", out, re.M)
    assert "All checks are passed." in search(*shlex.split(command)).err
