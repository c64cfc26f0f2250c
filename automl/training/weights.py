"""torchvision's pretrained weights: fetched before a search, and what is searched where they can't be had."""

from dataclasses import replace
from hashlib import file_digest
from http.client import HTTPException
from pathlib import Path
from string import Formatter

from automl.components import Catalog, Choice, Component
from automl.errors import UserError
from automl.space import Space

PATIENCE = 10.0
"""Seconds after which a host that doesn't answer counts as out of reach."""


def settle(catalog: Catalog, space: Space) -> tuple[Space, tuple[str, ...]]:
    """Fetches all weights that a trial of `space` may start from. Imports torchvision only where there are any.

    Returns:
        The space, with `pretrained` off for each model whose weights can't all be had, and a note on each of these.

    Raises:
        UserError: Weights can't be had, and `pretrained` can be nothing but true.
    """
    notes = []
    for component in catalog.of_kind("model"):
        parameter = f"model.{component.name}.pretrained"
        try:
            for name in weights_of(component, space):
                fetch(name, parameter)
        except UserError as error:
            if space[parameter].is_fixed:
                raise
            space = _from_scratch(space, parameter)
            notes.append(f"Not pretrained: model {component.name}, trained from scratch. {error.message}")
    return space, tuple(notes)


def weights_of(component: Component, space: Space) -> list[str]:
    """The names of the weights that trials of `space` with the model `component` may start from."""
    if not isinstance(component.weights, str):
        return []
    prefix = f"model.{component.name}."
    defaults = {parameter.name: parameter.default for parameter in component.parameters}
    fields = {f"{prefix}{field}" for _, field, _, _ in Formatter().parse(component.weights) if field}
    names = []
    for configuration in _part(space, fields | {f"{prefix}pretrained"}).grid():
        if configuration.get(f"{prefix}pretrained") is True:
            chosen = {name.removeprefix(prefix): value for name, value in configuration.items()}
            names.append(component.weights.format(**{**defaults, **chosen}))
    return list(dict.fromkeys(names))


def fetch(name: str, parameter: str) -> None:
    """Sees to it that the default weights of torchvision's model `name` are in torch's cache: downloads what isn't.

    Args:
        name: As in `torchvision.models`: resnet18.
        parameter: What asks for them, for the message: model.resnet.pretrained.

    Raises:
        UserError: They are neither there nor to be fetched, or not what torchvision has published.
    """
    from torch.hub import get_dir
    from torchvision.models import get_model_weights

    try:
        url: str = get_model_weights(name).DEFAULT.url
    except ValueError as error:
        raise UserError(
            f"The weights {name} can't be had: torchvision has none of that name.", hint=f"--set {parameter}=false."
        ) from error
    path = Path(get_dir(), "checkpoints", url.rpartition("/")[2])
    if reason := _failure(url, path):
        raise UserError(
            f"The weights {name} can't be had: {reason}.",
            hint=f"Go online once, copy {url} to {path}, or --set {parameter}=false.",
        )


def _failure(url: str, path: Path) -> str | None:
    """Downloads `url` to `path` unless it is there. Why there is no sound file after that, or None."""
    from urllib.request import urlopen

    from torch.hub import HASH_REGEX, download_url_to_file

    stated = HASH_REGEX.search(path.name)
    sha256 = stated[1] if stated else ""
    try:
        if not path.exists():
            urlopen(url, timeout=PATIENCE).close()  # torch's download waits for a silent host without end
            path.parent.mkdir(parents=True, exist_ok=True)
            download_url_to_file(url, str(path), sha256, progress=False)
        # A file that somebody copied may be cut short: found now, not by each trial.
        with path.open("rb") as file:
            sound = file_digest(file, "sha256").hexdigest().startswith(sha256)
    except (OSError, HTTPException, RuntimeError) as error:
        return str(getattr(error, "reason", None) or error)
    return None if sound else f"{path} is damaged, delete it"


def _part(space: Space, names: set[str]) -> Space:
    """Of a space the parameters `names`, and those that they depend on."""
    for parameter in reversed(space.parameters):
        if parameter.name in names:
            names = names | {name for name, _ in parameter.conditions}
    return Space(tuple(parameter for parameter in space.parameters if parameter.name in names))


def _from_scratch(space: Space, name: str) -> Space:
    off = replace(space[name], domain=Choice(False), default=False)
    return Space(tuple(off if parameter.name == name else parameter for parameter in space.parameters))
