"""What is told of words: by themselves and by their neighbours, and never by words of another sentence."""

import numpy as np
import pytest
from automl_plugins.models._word_features import hashed_features, known_features


def shared(one: np.ndarray, other: np.ndarray) -> float:
    """The part of one word's features that another has, too."""
    known = one[one > 0]
    return float(np.isin(known, other[other > 0]).mean())


def test_words_alike_have_features_in_common() -> None:
    walking, talking, other = hashed_features(["walking", "talking", "Oslo"], 0)
    assert 0.4 < shared(walking, talking) < 1
    assert shared(walking, other) < 0.1


def test_the_same_word_is_told_apart_by_its_neighbours() -> None:
    first, second = hashed_features(["mr Paris slept", "in Paris slept"], 1)[[1, 4]]
    assert 0.5 < shared(first, second) < 1
    alone = hashed_features(["mr Paris slept", "in Paris slept"], 0)[[1, 4]]
    np.testing.assert_array_equal(alone[0], alone[1])


def test_neighbours_are_of_the_same_sentence() -> None:
    together, apart = hashed_features(["a b", "b"], 2), hashed_features(["b"], 2)
    np.testing.assert_array_equal(together[2], apart[0])
    assert not np.array_equal(together[1], apart[0])


@pytest.mark.parametrize("text", ["हिन्दी", "Москва", "東京", "\ufffd", "$", "x" * 200])
def test_any_word_has_features(text: str) -> None:
    assert (hashed_features([text], 2) > 0).sum() > 3


def test_no_text_has_no_words() -> None:
    assert len(hashed_features([], 2)) == 0


def test_features_of_few_words_are_left_out_and_of_the_others_the_most_frequent_kept() -> None:
    features = np.array([[5, 9, 0], [5, 7, 0], [9, 5, 3]], np.uint32)
    assert known_features(features, 1, 10).tolist() == [3, 5, 7, 9]
    assert known_features(features, 2, 10).tolist() == [5, 9]
    assert known_features(features, 1, 1).tolist() == [5]
