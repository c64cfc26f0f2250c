"""What moved a prediction is said by the parts of the input that it hangs on."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from automl.components import Task
from automl.data import ImagePreparation, TablePreparation, TextPreparation, rows_of, texts_of
from automl.errors import UserError
from automl.monitoring.distributions import Shares
from automl.monitoring.profile import Profile, write_profile
from automl.serving.explanation import explainer_for
from automl.serving.explanation.explainer import told
from automl.serving.explanation.texts import MOST_PARTS, parts_of

Predict = Callable[[np.ndarray], np.ndarray]


def of_two(positive: np.ndarray) -> np.ndarray:
    return np.stack([1 - positive, positive], axis=1).astype(np.float32)


def model_of(kind: str, preparation: Any, predict: Predict, outputs: int = 2) -> Any:
    names = ("no", "yes") if kind.endswith("classification") else ()
    task = Task(kind=kind, num_outputs=outputs, input_shape=preparation.shape, class_names=names)

    def answer(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = predict(rows)
        return found, np.array(names, object)[found.argmax(axis=1)]

    return SimpleNamespace(task=task, preparation=preparation, predict=predict, answer=answer)


@pytest.fixture
def loans() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    columns = {f"other {number}": rng.normal(0, 1, 300) for number in range(5)}
    purpose = np.where(rng.random(300) < 0.8, "car", "travel")
    return pd.DataFrame({"months": rng.integers(12, 60, 300), "purpose": purpose, **columns})


@pytest.fixture
def prepared(loans: pd.DataFrame) -> TablePreparation:
    return TablePreparation.fit(loans, {name: "categorical" if name == "purpose" else "numeric" for name in loans})


def months_matter(rows: np.ndarray) -> np.ndarray:
    return of_two((rows[:, 0] - 12) / 48)


def test_of_a_row_the_one_column_that_matters_is_named_alone(
    loans: pd.DataFrame, prepared: TablePreparation, tmp_path: Path
) -> None:
    explainer = explainer_for(model_of("table-classification", prepared, months_matter), tmp_path, tmp_path)
    texts = explainer.explain(prepared.transform(loans), loans, [])
    median = prepared.quantiles[0][100]
    for text, months in zip(texts, loans["months"], strict=True):
        effect = abs(months - median) / 48
        against = (months > median) == (months <= 36)  # it speaks against what is decided for
        name, _, told_effect = text.partition(" (")
        assert name == (f"months={months}" if effect else "")
        assert float(told_effect.rstrip(")") or 0) == pytest.approx(-effect if against else effect, abs=0.0051)
    assert explainer.questions == 8


def test_a_category_is_replaced_by_the_most_frequent_one_of_the_profile(
    loans: pd.DataFrame, prepared: TablePreparation, tmp_path: Path
) -> None:
    write_profile(tmp_path, Profile({"purpose": Shares.of(loans["purpose"].to_numpy(object))}, {}))
    travels = prepared.features.index("purpose")
    model = model_of("table-classification", prepared, lambda rows: of_two(0.6 + 0.3 * (rows[:, travels] == 3)))
    rows = loans[loans["purpose"] == "travel"][:1]
    assert explainer_for(model, tmp_path, tmp_path).explain(prepared.transform(rows), rows, []) == [
        "purpose=travel (+0.30)"
    ]


def test_of_a_value_the_effect_is_in_its_units(loans: pd.DataFrame, prepared: TablePreparation, tmp_path: Path) -> None:
    model = model_of("table-regression", prepared, lambda rows: 1_000 * rows[:, :1], outputs=1)
    rows = loans.assign(months=np.nan)[:1].assign(months=60)
    (text,) = explainer_for(model, tmp_path, tmp_path).explain(prepared.transform(rows), rows, [])
    assert text.startswith("months=60 (+2") and text.endswith("e+04)")


def test_of_a_message_the_word_that_matters_is_named(tmp_path: Path) -> None:
    preparation = TextPreparation.fit(["where is my refund", "my card is lost"] * 5, ["message"])

    def predict(rows: np.ndarray) -> np.ndarray:
        return of_two(np.array([0.1 + 0.8 * ("refund" in text) for text in texts_of(rows)]))

    explainer = explainer_for(model_of("text-classification", preparation, predict), tmp_path, tmp_path)
    rows = rows_of(["where is my refund please", "my card is lost", ""])
    assert explainer.explain(rows, None, []) == ['"refund" (+0.80)', "", ""]


def test_a_long_message_has_few_parts() -> None:
    text = " ".join(map(str, range(1_234)))
    parts = parts_of(text)
    assert len(parts) <= MOST_PARTS and " ".join(parts) == text


def test_of_an_image_a_heat_map_shows_where(tmp_path: Path) -> None:
    preparation = ImagePreparation(1, 20, 28, 255, (0.0,), (1.0,))

    def predict(images: np.ndarray) -> np.ndarray:  # whether it is bright in the upper left
        return of_two(images[:, 0, :5, :7].mean(axis=(1, 2)) / 255)

    image = np.full((1, 20, 28), 200, np.uint8)
    folder = tmp_path / "maps"
    explainer = explainer_for(model_of("image-classification", preparation, predict), tmp_path, folder)
    named = explainer.explain(np.stack([image, image]), None, ["a/b.png", "../c <script>#1"])
    assert named == ["maps/00001_a_b.png", "maps/00002__c_script_1.png"]
    pixels = np.asarray(Image.open(folder / "00001_a_b.png")).astype(int)
    reddish = pixels[..., 0] - pixels[..., 2] > 20
    height, width = reddish.shape
    assert reddish[: height // 10, : width // 10].all(), "there it is bright"
    assert not reddish[height // 2 :].any() and not reddish[:, width // 2 :].any()


def test_several_values_are_refused(prepared: TablePreparation, tmp_path: Path) -> None:
    model = model_of("table-regression", prepared, lambda rows: rows[:, :2], outputs=2)
    with pytest.raises(UserError, match="the model gives 2 values"):
        explainer_for(model, tmp_path, tmp_path)


def test_the_largest_effects_come_first_and_small_ones_not_at_all() -> None:
    effects = np.array([0.001, -0.3, 0.1, 0.2, 0.02, 0.03, 0.04])
    assert told(list("abcdefg"), effects, True) == "b (-0.30), d (+0.20), c (+0.10), g (+0.04), f (+0.03)"
