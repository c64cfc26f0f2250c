"""The data of an experiment: the loader of its kind, or the domain's demo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from automl.config import TABLE_KEYS, TEXT_KEYS, Experiment
from automl.config.decisions import OF_TWO_CLASSES
from automl.data.positive import with_positive
from automl.errors import UserError

if TYPE_CHECKING:
    from automl.data import Dataset, TableOptions


def _table_options(experiment: Experiment) -> TableOptions:
    from automl.data import TableOptions
    from automl.data.table.demo import TARGET

    options = TableOptions(**{key: getattr(experiment, key) for key in TABLE_KEYS})
    return options if experiment.data else replace(options, target=TARGET)


def load_data(experiment: Experiment, home: Path) -> Dataset:
    """The data of an experiment, read, split and prepared.

    Raises:
        UserError: They can't be used.
    """
    return _decided(experiment, _load(experiment, home))


def _load(experiment: Experiment, home: Path) -> Dataset:
    from automl.data import TextOptions, load_dataset, load_table, load_text, load_words
    from automl.data.table.demo import write_credit
    from automl.data.text.demo import write_messages

    if experiment.is_table:
        options = _table_options(experiment)
        return load_table(
            experiment.data or write_credit(home / "cache"),
            options,
            task_kind=experiment.task,
            allow_corrupt=experiment.allow_corrupt,
            seed=experiment.seed,
        )
    if experiment.is_text:
        said = TextOptions(**{key: getattr(experiment, key) for key in TEXT_KEYS}, rejects=experiment.rejects)
        if experiment.is_per_word:
            assert experiment.data, "no domain has a demo of entities"
            return load_words(experiment.data, said, task_kind=experiment.task, seed=experiment.seed)
        return load_text(
            experiment.data or write_messages(home / "cache"),
            said,
            task_kind=experiment.task,
            allow_corrupt=experiment.allow_corrupt,
            seed=experiment.seed,
        )
    return load_dataset(
        experiment.data,
        task_kind=experiment.task,
        image_size=experiment.image_size,
        allow_corrupt=experiment.allow_corrupt,
        seed=experiment.seed,
        group=experiment.group,
        cache=home / "cache",
    )


def _decided(experiment: Experiment, data: Dataset) -> Dataset:
    """The data with the positive class as the second; UserError where that is asked of more classes than two."""
    if data.task.num_classes != 2:
        for key, flag in OF_TWO_CLASSES.items():
            if getattr(experiment, key):
                raise UserError(
                    f"{flag} is for two classes; the data have {data.task.num_classes}.", hint=f"Leave out {flag}."
                )
    return with_positive(data, experiment.positive) if experiment.positive else data
