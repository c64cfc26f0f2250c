"""What is documented works: commands are run, experiments and plugins loaded, links looked up."""

import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pages import ROOT, Block, blocks, commands
from workshop import BIN, Workshop

from automl.components import CATALOG, Catalog, Regularizer, Task, load_catalog, read_plugin
from automl.config import load_experiment
from automl.space import compose
from automl.training.assembly import Augmentation, assemble

if TYPE_CHECKING:
    from torch import Tensor

# The commands of docs/benchmarks.md take minutes each, and their numbers are that page's content.
GUIDES = [page for page in sorted(ROOT.glob("docs/*.md")) if page.name != "benchmarks.md"]
EXAMPLES = sorted(ROOT.glob("examples/*/README.md"))
PAGES = [ROOT / "README.md", *GUIDES, *EXAMPLES]
TASK = Task(kind="image-classification", num_outputs=2, input_shape=(1, 28, 28), class_names=("bright", "dark"))
TEXTS = replace(TASK, kind="text-classification", input_shape=(16,), vocabulary_size=99)

ELSEWHERE = {
    "make search": "automl search is run here, and make is looked at by `make -n`",
    "make test": "this is it",
    "pip install .": "tests/unit/packaging builds and opens the wheel",
}

BLOCKS = [block for page in PAGES for block in blocks(page)]
PYTHON = [block for block in BLOCKS if block.language == "python"]
PLUGINS = [block for block in PYTHON if "automl.plugin" in block.text]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, write_data: Callable[[Path], None]) -> Path:
    """With the data, the examples, and the files that the pages show."""
    folder = tmp_path_factory.mktemp("workshop")
    (folder / "examples").symlink_to(ROOT / "examples")
    write_data(folder)
    for block in BLOCKS:
        if block.file:
            assert not (folder / block.file).exists(), f"two blocks are called {block.file}"
            (folder / block.file).write_text(block.text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def workshop(
    folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
    run_here: Callable[..., subprocess.CompletedProcess[str]],
    without_ray: Callable[[], AbstractContextManager[None]],
) -> Callable[[Path], Workshop]:
    """workshop(page) -> the one of the page's reader."""

    @cache
    def of(page: Path) -> Workshop:
        own = tmp_path_factory.mktemp(page.stem)
        for shared in folder.iterdir():
            (own / shared.name).symlink_to(shared)
        return Workshop(own, run_here, without_ray)

    return of


@pytest.mark.integration
@pytest.mark.parametrize(
    ("page", "command"),
    [
        pytest.param(page, command, id=f"{page.name}: {command}")
        for page in (page for page in PAGES if page not in EXAMPLES)
        for command in dict.fromkeys(commands(page))
        if command not in ELSEWHERE and not command.startswith("curl")  # which is run where the server is
    ],
)
def test_a_command_does_what_it_says(page: Path, command: str, workshop: Callable[[Path], Workshop]) -> None:
    """A page's later ones use what its earlier ones have left."""
    workshop(page).follow(command)


@pytest.mark.parametrize(
    "command", [command for page in EXAMPLES for command in commands(page) if "automl search" in command]
)
def test_an_example_is_accepted_as_a_command(command: str, folder: Path) -> None:
    """It is refused for the one thing that is wrong with it here, so all else of it was understood."""
    words = [str(BIN / "automl"), *shlex.split(command)[1:], "--trials", "0"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)

    assert done.returncode == 2
    assert "trials (option --trials)" in done.stderr
    assert all((folder / word).exists() for word in words if word.startswith("examples/"))


@pytest.mark.integration
@pytest.mark.parametrize("block", [block for block in PYTHON if block not in PLUGINS], ids=str)
def test_python_code_runs(block: Block, workshop: Callable[[Path], Workshop]) -> None:
    place = workshop(block.page)
    if block.file and block.file.startswith("test_"):  # of what the page's commands have made
        if not (place.folder / "my_net.py").exists():
            place.run("automl plugins new model my_net")
        assert "passed" in place.run(shlex.join([sys.executable, "-m", "pytest", "-q", block.file]))
        return
    assert place.run_code(block.text), "it prints nothing"


@pytest.mark.parametrize(
    "text",
    [
        *(pytest.param(block.text, id=str(block)) for block in BLOCKS if block.language == "yaml"),
        *(pytest.param(p.read_text(), id=str(p.relative_to(ROOT))) for p in sorted(ROOT.glob("examples/*/*.yaml"))),
    ],
)
def test_an_experiment_is_accepted(
    text: str, folder: Path, tmp_path: Path, shared_catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    file = tmp_path / "experiment.yaml"
    file.write_text(text, encoding="utf-8")

    experiment = load_experiment(config=file)
    catalog = load_catalog([read_plugin(path) for path in experiment.plugins])
    space = compose(catalog, TEXTS if experiment.is_text else TASK, experiment.space).space

    assert space.default()["model"]


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "toml"], ids=str)
def test_toml_names_a_group_that_automl_looks_into(block: Block) -> None:
    assert list(tomllib.loads(block.text)["project"]["entry-points"]) == ["automl.plugins"]


@pytest.mark.parametrize(
    "plugin", [str(block.file) for block in PLUGINS] + ["examples/custom_plugin/attention_pool_net.py"]
)
def test_a_plugin_keeps_its_contract(plugin: str, folder: Path, shared_catalog: Catalog) -> None:
    import optuna
    import torch

    from automl.testing.check import run_check
    from automl.testing.contract import checks_of
    from automl.testing.subject import Subject

    before = set(CATALOG.components)
    load_catalog([read_plugin(folder / plugin)])
    (key,) = set(CATALOG.components) - before
    component = CATALOG.get(*key)
    if component.mismatch(TASK):  # it is for rows
        for check in checks_of(component).values():
            result = run_check(Subject(component), check)
            assert result.outcome != "failed", f"{result.message}\n{result.hint}"
        return
    kind, name = key
    switch = {f"{other}.{component}": (other, component) == key for other, component in CATALOG.components}
    chosen = {name: on for name, on in switch.items() if not name.startswith("model.")}
    space = compose(CATALOG, TASK, chosen | {"model": name if kind == "model" else "mlp"}).space

    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for configuration in [space.default(), *(space.suggest(study.ask()) for _ in range(8))]:
        built = assemble(CATALOG, TASK, configuration)
        assert built.model(torch.rand(6, *TASK.input_shape)).shape == (6, TASK.num_outputs)
        assert all(isinstance(regularizer, Regularizer) for regularizer in built.regularizers)
        for augmentation in built.augmentations:
            _check_augmentation(augmentation, torch.rand(100, *TASK.input_shape))


def _check_augmentation(augment: Augmentation, images: "Tensor") -> None:
    import torch

    kept, targets = images.clone(), torch.arange(len(images))
    changed, same_targets = augment(images, targets)
    assert changed.shape == images.shape
    assert torch.equal(same_targets, targets)
    assert torch.equal(images, kept), "it changes its arguments"
    assert not torch.equal(changed, images), "it does nothing"
