"""Predictions for a folder or file of inputs."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from automl.errors import Notice, UserError
from automl.serving.table import answers, as_entities

if TYPE_CHECKING:
    import pandas as pd

    from automl.data import TablePreparation, TextPreparation
    from automl.serving.explanation import Explainer
    from automl.training.trained import TrainedModel


def predict(bundle: Path, source: Path, *, top: int | None = None) -> "pd.DataFrame":
    """All of `predict_blocks` in one table."""
    import pandas as pd

    return pd.concat(predict_blocks(bundle, source, top=top), ignore_index=True)


def predict_blocks(
    bundle: Path, source: Path, *, top: int | None = None, explain: Path | None = None
) -> Iterator["pd.DataFrame"]:
    """Predicts every input of a source, prepared as the model's training data was; the rows of a table some at a time,
    so that there may be more of them than memory holds.

    Args:
        bundle: A trained model's folder (`find_model` of automl.registry).
        source: Of a model on images what `automl.data.load_inputs` reads, on tables what `automl.data.read_blocks`
            reads, on texts what `automl.data.read_message_blocks` reads, or a message itself, on words what
            `automl.data.read_marked_blocks` reads.
        top: Of a classification, how many of the likeliest classes are named, in place of all.
        explain: Folder for heat maps of images, where it is to be said what moved each prediction; None: it isn't.

    Yields:
        A row per input, in the source's order: `id`, then the columns of `as_table`, or of `as_entities`; then
        `explanation` where that is asked for: the columns or words with their effects, or a heat map's file.

    Raises:
        UserError: The source can't be read, or most cells of a column are words where training had numbers. Of a few
            cells a `Notice` tells at the end.
    """
    from automl.data import ImagePreparation, load_inputs
    from automl.training.trained import TrainedModel

    model = TrainedModel.load(bundle)
    if top is not None and (not model.task.is_classification or model.task.is_per_word):
        raise UserError(f"--top names the likeliest classes; the model is for {model.task.kind}.", hint="Leave it out.")
    explainer = None if explain is None else _explainer(model, bundle, explain)
    if model.task.is_per_word:
        yield from _predict_entities(model, source)
        return
    if not isinstance(model.preparation, ImagePreparation):
        yield from _predict_rows(model, model.preparation, source, top, explainer)
        return
    images, ids = load_inputs(source, model.preparation)
    table = answers(model, images, top)
    table.insert(0, "id", list(ids))
    if explainer:
        table["explanation"] = explainer.explain(images, None, ids)
    yield table


def _predict_entities(model: "TrainedModel", source: Path) -> Iterator["pd.DataFrame"]:
    from automl.data import TextPreparation, read_marked_blocks

    assert isinstance(model.preparation, TextPreparation)
    for ids, messages in read_marked_blocks(source, model.preparation):
        table = as_entities(model.entities(messages))
        table.insert(0, "id", ids)
        yield table


def _explainer(model: "TrainedModel", bundle: Path, pictures: Path) -> "Explainer":
    from automl.serving.explanation import explainer_for

    found = explainer_for(model, bundle, pictures)
    cost = f"Explaining asks the model up to {found.questions} times for each input, in place of once."
    warnings.warn(f"{cost} Where there are many, give some of them.", Notice, stacklevel=3)
    return found


def _predict_rows(
    model: "TrainedModel",
    preparation: "TablePreparation | TextPreparation",
    source: Path,
    top: int | None,
    explainer: "Explainer | None",
) -> Iterator["pd.DataFrame"]:
    from automl.data import TablePreparation, TextPreparation, Unread, read_blocks, read_message_blocks

    if isinstance(preparation, TextPreparation):
        blocks = read_message_blocks(source, preparation.columns)
    else:
        blocks = read_blocks(source)
    done, unread = 0, Unread(preparation, source.name) if isinstance(preparation, TablePreparation) else None
    for frame in blocks:
        rows = preparation.transform(frame)
        if unread:
            unread.look(frame, rows)
        table = answers(model, rows, top)
        table.insert(0, "id", preparation.ids(frame, done))
        if explainer:
            table["explanation"] = explainer.explain(rows, frame, table["id"].tolist())
        done += len(frame)
        yield table
    if unread and unread.note:
        warnings.warn(unread.note, Notice, stacklevel=2)
