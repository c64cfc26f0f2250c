"""automl: search model x augmentation x regularizer x training settings; log every trial; register the best."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Before the function of this name: importing a package binds its name here, once.
import automl.search  # noqa: F401

if TYPE_CHECKING:
    from automl.api import Outcome
    from automl.training.trained import TrainedModel

__all__ = ["__version__", "load", "search"]
__version__ = "0.1.0"


def search(
    data: Any = None, *, out: str | Path | None = None, say: Callable[[str], None] = print, **keys: Any
) -> Outcome:
    """Searches `data` (None: the built-in demo) and registers the winner, as `automl search` does.

    Args:
        data: Path of a folder or a file, or a pandas or polars frame of rows (then `target="column"` is needed).
        out: The folder that everything is written under; None: `AUTOML_HOME`, else `automl_runs/`.
        say: Called with lines for a person, before the first trial.
        keys: Those of `automl.config.Experiment`, such as `trials=20`, `domain="medical_imaging"`,
            `space={"training.lr": 0.003}`.

    Raises:
        UserError: The experiment, the data, a plugin, the machine or the store can't be used.
    """
    from automl.api import as_path, run_experiment
    from automl.config import load_experiment

    given = {"data": data} | {key: keys.get(key) for key in ("test", "out_of_scope_test")}
    masked = bool(keys.get("mask_pii"))
    flags = keys | {key: as_path(value, out, mask_pii=masked) for key, value in given.items() if value is not None}
    if (outside := keys.get("out_of_scope")) is not None:
        several = outside if isinstance(outside, list | tuple) else [outside]
        flags["out_of_scope"] = [as_path(value, out, mask_pii=masked) for value in several]
    return run_experiment(load_experiment(flags=flags), out=out, say=say)


def load(reference: str, *, home: str | Path | None = None, trust_plugins: bool = False) -> TrainedModel:
    """A registered model (`NAME`, `NAME@ALIAS` or `NAME/VERSION`), ready to `predict` prepared arrays.

    Args:
        trust_plugins: Whether to run plugins that a model of a remote store carries.

    Raises:
        UserError: There is no such model, or it carries plugins that aren't trusted.
    """
    from automl.config import find_home
    from automl.registry import find_model
    from automl.tracking import open_store
    from automl.training.trained import TrainedModel

    store = open_store(find_home(home))
    return TrainedModel.load(find_model(store, reference, trust_plugins=trust_plugins))
