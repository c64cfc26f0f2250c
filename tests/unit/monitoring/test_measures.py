"""What is measured of inputs, and which changes of images and texts it sees."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from automl.data import ImagePreparation, TablePreparation, TextPreparation, rows_of
from automl.monitoring import draw_rows, find_shifts, judge, some_rows
from automl.monitoring.distributions import Measures, distribution_of
from automl.monitoring.embedding import Projection
from automl.monitoring.features import input_measures


def drifted(before: Measures, now: Measures) -> set[str]:
    profile = {name: distribution_of(values) for name, values in before.items()}
    return {shift.name for shift in judge(find_shifts(profile, now, "feature")) if shift.drifted}


def images(rng: np.random.Generator, count: int) -> np.ndarray:
    level = rng.uniform(60, 180, (count, 1, 1, 1))
    return np.clip(rng.normal(level, 30, (count, 3, 16, 16)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (lambda given: given, set()),
        (lambda given: np.clip(given.astype(int) + 60, 0, 255).astype(np.uint8), {"brightness"}),
        (lambda given: ((given.astype(float) + np.roll(given, 1, 2) + np.roll(given, 1, 3)) / 3).astype(np.uint8),
         {"sharpness", "contrast"}),
        (lambda given: given.mean(axis=1, keepdims=True).repeat(3, 1).astype(np.uint8), {"colour"}),
    ],
)  # fmt: skip
def test_images_of_another_camera(change: Callable[[np.ndarray], np.ndarray], seen: set[str]) -> None:
    rng = np.random.default_rng(0)
    preparation = ImagePreparation(3, 16, 16, 255, (0.5,) * 3, (0.25,) * 3)
    before, now = (input_measures(preparation, of) for of in (images(rng, 600), change(images(rng, 600))))
    assert seen <= drifted(before, now)
    assert bool(seen) == bool(drifted(before, now))


ASKED = ["where is my parcel", "the invoice is wrong", "please cancel my order", "how do I change my address"]
OTHERS = ["wo ist mein paket geblieben", "die rechnung stimmt nicht", "ich möchte stornieren"]


def test_messages_of_another_kind() -> None:
    rng = np.random.default_rng(0)
    preparation = TextPreparation.fit(ASKED * 10, ["message"])

    def measured(of: list[str], count: int = 400) -> Measures:
        return input_measures(preparation, rows_of(rng.choice(of, count).tolist()))

    assert drifted(measured(ASKED), measured(ASKED)) == set()
    assert drifted(measured(ASKED), measured(OTHERS)) >= {"unfamiliar words", "longest word", "letters"}
    assert "script" in drifted(measured(ASKED), measured(["где моя посылка"]))
    assert "words" in drifted(measured(ASKED), measured([f"{text} {text}" for text in ASKED]))
    assert measured(["", "123"])["script"].tolist().count("none") == 400


def test_of_dates_only_what_comes_again_is_looked_at() -> None:
    days = pd.date_range("2024-01-01", periods=400, freq="7h").astype(str)
    frame = pd.DataFrame({"made": days, "phone": ["yes", "no"] * 200, "note": [f"a word {n % 7}" for n in range(400)]})
    preparation = TablePreparation.fit(frame, {"made": "date", "phone": "boolean", "note": "text"})
    found = input_measures(preparation, preparation.transform(frame))
    assert [name for name in found if name.startswith("made")] == ["made day_of_week", "made hour"]
    assert set(found["phone"]) == {"yes", "no"} and "note words" in found


def test_an_embedding_that_moves_along_training_or_away_from_it_is_seen() -> None:
    rng = np.random.default_rng(0)
    spread = np.r_[np.full(8, 3.0), np.full(56, 0.1)]
    learned, before, now = (rng.normal(0, spread, (1_000, 64)).astype(np.float32) for _ in range(3))
    projection = Projection.from_dict(Projection.fit(learned).to_dict())
    assert projection.directions.shape == (8, 64)
    known = projection.measures(before)
    assert drifted(known, projection.measures(now)) == set()
    assert drifted(known, projection.measures(now + np.eye(64, dtype=np.float32)[0] * 3))
    assert drifted(known, projection.measures(now + np.eye(64, dtype=np.float32)[50])) == {"embedding distance"}


def test_directions_are_those_in_which_training_differs_most() -> None:
    rng = np.random.default_rng(0)
    axes = np.linalg.qr(rng.normal(size=(40, 40)))[0][:3]
    vectors = (rng.normal(size=(300, 3)) * [9, 3, 1] @ axes + 5).astype(np.float32)
    found = Projection.fit(vectors)
    assert len(found.directions) == 3, "there are no more"
    np.testing.assert_allclose(np.abs((found.directions * axes).sum(1)), 1, atol=0.02)
    assert found.measures(vectors)["embedding distance"].max() < 0.1
    still = Projection.fit(np.ones((20, 4), np.float32)).measures(np.ones((5, 4), np.float32))
    assert not np.abs(list(still.values())).any()


def test_rows_are_drawn_from_all_of_a_file() -> None:
    blocks = [pd.DataFrame({"x": np.arange(start, start + 1_000)}) for start in range(0, 20_000, 1_000)]
    drawn, count = draw_rows(iter(blocks), most=500)
    assert count == 20_000 and len(drawn) == 500
    assert drawn["x"].is_monotonic_increasing and drawn["x"].is_unique
    assert abs(drawn["x"].mean() - 10_000) < 1_000
    assert draw_rows(iter(blocks[:1]), most=5_000)[0].equals(blocks[0])
    assert some_rows(3).tolist() == [0, 1, 2] and len(set(some_rows(100, most=10).tolist())) == 10
