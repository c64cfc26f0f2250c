"""What a model's data looked like when it was made, kept in its bundle: distributions, no rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from automl.errors import UserError
from automl.monitoring.distributions import NAMES, Distribution, Measures, distribution_from_dict, distribution_of
from automl.monitoring.drift import find_shifts, judge
from automl.monitoring.embedding import MOST_LEARNED, MOST_VECTORS, Projection
from automl.monitoring.features import answer_measures, input_measures
from automl.monitoring.findings import Shift
from automl.monitoring.sample import MOST_ROWS, some_rows

if TYPE_CHECKING:
    from automl.training.trained import TrainedModel

FILE = "profile.json"
FORMAT = 1


@dataclass(frozen=True, eq=False)
class Profile:
    """How measures were distributed, in rows that neither the model nor its preparation has learned from: those it has
    it knows too well.

    Args:
        features: Of the inputs. predictions: of what the model says of them.
        projection: Of a net's embeddings of images or texts, whose distributions are among the features'.
    """

    features: Mapping[str, Distribution]
    predictions: Mapping[str, Distribution]
    projection: Projection | None = None

    def shifts(self, model: TrainedModel, rows: np.ndarray) -> tuple[tuple[Shift, ...], np.ndarray]:
        """What has moved in prepared rows (N, ...), the worst first; and what the model predicts for them."""
        is_classes = model.task.is_classification
        predictions, chosen = model.answer(rows) if is_classes else (model.predict(rows), np.empty(0))
        answers = answer_measures(model.task, predictions, chosen)
        features = {**input_measures(model.preparation, rows), **_embedded(model, self.projection, rows)}
        found = find_shifts(self.features, features, "feature") + find_shifts(self.predictions, answers, "prediction")
        return judge(found), predictions


def profile_of(
    model: TrainedModel,
    learned: np.ndarray,
    unprepared: Sequence[np.ndarray],
    unseen: np.ndarray,
    predictions: np.ndarray,
    energies: np.ndarray | None = None,
) -> Profile:
    """The profile of a model.

    Args:
        learned: Prepared inputs, (N, ...), that it has learned from: directions of embeddings are found in them.
        unprepared: Such that the preparation hasn't learned from.
        unseen: Such that the model hasn't learned from either, and wasn't chosen by.
        predictions, energies: What it says of `unseen`, see `TrainedModel.decide`.
    """
    most = MOST_ROWS // len(unprepared)
    found = [input_measures(model.preparation, rows[some_rows(len(rows), most)]) for rows in unprepared]
    features = {name: np.concatenate([own[name] for own in found]) for name in found[0]}
    projection, task = None, model.task
    if not (task.is_table or task.is_per_word) and (vectors := model.embed(_few(learned, MOST_LEARNED))) is not None:
        projection = Projection.fit(vectors)
    chosen = model.decide(predictions, energies) if task.is_classification else np.empty(0)
    answers = answer_measures(task, predictions, chosen)
    embedded = _embedded(model, projection, unseen)
    classes = max(len(task.class_names) + 1, NAMES)  # one more where a model may say that none fits
    return Profile(_distributions({**features, **embedded}), _distributions(answers, classes), projection)


def _embedded(model: TrainedModel, projection: Projection | None, rows: np.ndarray) -> Measures:
    vectors = None if projection is None else model.embed(_few(rows, MOST_VECTORS))
    return {} if projection is None or vectors is None else projection.measures(vectors)


def _few(rows: np.ndarray, most: int) -> np.ndarray:
    few: np.ndarray = rows[some_rows(len(rows), most)]
    return few


def write_profile(bundle: Path, profile: Profile) -> None:
    """Adds it to a bundle's folder."""
    described = {
        "format": FORMAT,
        "features": _to_dict(profile.features),
        "predictions": _to_dict(profile.predictions),
        "projection": profile.projection.to_dict() if profile.projection else None,
    }
    (bundle / FILE).write_text(json.dumps(described), encoding="utf-8")


def read_profile(bundle: Path, model: str) -> Profile:
    """What `write_profile` wrote.

    Args:
        model: Its name, for messages.

    Raises:
        UserError: There is none, it is damaged, or a newer version wrote it.
    """
    try:
        found: dict[str, Any] = json.loads((bundle / FILE).read_text(encoding="utf-8"))
        written = int(found["format"])
        if written > FORMAT:
            raise UserError(
                f"The profile of {model} has format {written}; this version reads up to {FORMAT}.",
                hint="Install the version of automl that wrote it, or a newer one.",
            )
        projection = Projection.from_dict(found["projection"]) if found["projection"] else None
        return Profile(_from_dict(found["features"]), _from_dict(found["predictions"]), projection)
    except FileNotFoundError:
        raise UserError(
            f"{model} has no profile of its training data: it was registered by an earlier automl.",
            hint="Train its trial again with this one, which makes a profile, too: automl train SEARCH",
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"The profile of {model} is damaged: {error!r}.",
            hint="Restore the model's files from where they were registered.",
        ) from error


def _distributions(measures: Measures, most: int = NAMES) -> dict[str, Distribution]:
    return {name: distribution_of(values, most) for name, values in measures.items()}


def _to_dict(distributions: Mapping[str, Distribution]) -> dict[str, Any]:
    return {name: distribution.to_dict() for name, distribution in distributions.items()}


def _from_dict(values: Mapping[str, Any]) -> dict[str, Distribution]:
    return {name: distribution_from_dict(own) for name, own in values.items()}
