"""What a small boosted model finds out about the data in a second: doubtful labels, and a test set from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from automl.components.task import Task
from automl.data.dataset import Split
from automl.data.table.preparation import TablePreparation

ROWS = 4_000
FEWEST = 200
FOLDS = 3
SHIFTED = 0.65
"""Of the area under the curve of telling train from test, 0.5 being chance."""
GOOD = 0.9
"""Labels are doubted only where others are told so well: elsewhere chance looks the same as noise."""
SURE = 0.05


def shift(splits: Mapping[str, Split], preparation: TablePreparation) -> list[str]:
    """A warning where train and test can be told apart (a classifier two-sample test: Lopez-Paz and Oquab 2017)."""
    rng = np.random.default_rng(0)
    count = min(ROWS // 2, len(splits["train"]), len(splits["test"]))
    if count < FEWEST // 2:
        return []
    parts = [splits[name].inputs[rng.permutation(len(splits[name]))[:count]] for name in ("train", "test")]
    inputs, labels = np.concatenate(parts), np.repeat([0, 1], count)
    probabilities, gains = _out_of_fold(inputs, labels, preparation)
    ranks = np.argsort(np.argsort(probabilities[:, 1]))
    auc = (ranks[labels == 1].sum() - count * (count - 1) / 2) / count**2
    if auc < SHIFTED:
        return []
    origins = dict.fromkeys(preparation.origins[place] for place in np.argsort(-gains) if gains[place] > 0)
    return [
        f"train and test differ: a classifier tells them apart with AUC {auc:.2f}, most by "
        f"{', '.join(list(origins)[:3])}. Validation, which is as train, promises too much. Split in time "
        "(--time-column), or leave out a column that will go on drifting (--column NAME=ignore)."
    ]


def doubtful_labels(train: Split, preparation: TablePreparation, task: Task) -> list[str]:
    """A warning with the rows whose label the others contradict (confident learning: Northcutt et al. 2021)."""
    rows = np.sort(np.random.default_rng(0).permutation(len(train))[:ROWS])
    labels = train.targets[rows] if task.is_classification else np.zeros(0, np.int64)
    if len(labels) < FEWEST or np.bincount(labels, minlength=task.num_classes).min() < 2 * FOLDS:
        return []
    from cleanlab.filter import find_label_issues

    probabilities, _ = _out_of_fold(train.inputs[rows], labels, preparation)
    if (probabilities.argmax(1) == labels).mean() < GOOD:
        return []
    found = find_label_issues(labels, probabilities, return_indices_ranked_by="self_confidence", n_jobs=1)
    doubted = [place for place in found if probabilities[place, labels[place]] < SURE]
    if not doubted:
        return []
    named = ", ".join(f"{train.ids[rows[place]]} ({task.class_names[labels[place]]})" for place in doubted[:5])
    return [
        f"{len(doubted):,} of {len(rows):,} labels looked at contradict what rows alike have, first of all those of "
        f"rows {named}. Look at them; correct or remove what is wrong."
    ]


def _out_of_fold(inputs: np.ndarray, labels: np.ndarray, preparation: TablePreparation) -> tuple[np.ndarray, Any]:
    """Probabilities (N, classes) of models that haven't seen the row, and what the features gained, (F,)."""
    probabilities = np.zeros((len(labels), labels.max() + 1))
    gains = np.zeros(inputs.shape[1])
    for chosen, model in _models(inputs, labels, list(range(preparation.num_numeric, inputs.shape[1]))):
        probabilities[chosen] = model.predict_proba(inputs[chosen])
        gains += model.booster_.feature_importance("gain")
    return probabilities, gains


def _models(inputs: np.ndarray, labels: np.ndarray, categories: list[int]) -> Iterator[tuple[np.ndarray, Any]]:
    from lightgbm import LGBMClassifier
    from sklearn.model_selection import StratifiedKFold  # type: ignore[import-untyped,unused-ignore]

    for fitted, chosen in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(inputs, labels):
        model = LGBMClassifier(n_estimators=30, num_leaves=15, n_jobs=1, verbose=-1, random_state=0)
        yield chosen, model.fit(inputs[fitted], labels[fitted], categorical_feature=categories)
