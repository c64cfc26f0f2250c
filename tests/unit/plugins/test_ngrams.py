"""N-grams of texts: the same however many texts are taken apart at a time."""

import numpy as np
import pytest
from automl_plugins.models import _ngrams
from automl_plugins.models._ngrams import Vocabulary, character_grams, plain, word_grams

TEXTS = plain(["My card has a card number", "", "card", "Ünïcode ﬁts, 한국어 too", "x", "a card has my number"])


def test_each_text_has_its_n_grams_with_their_counts() -> None:
    grams = word_grams(TEXTS, 2)
    assert grams.distinct.tolist() == [5 + 5, 0, 1, 4 + 3, 1, 5 + 4]
    assert grams.counts.max() == 2
    assert grams.counts.sum() == 6 + 5 + 1 + 4 + 3 + 1 + 5 + 4


def test_characters_stay_within_words() -> None:
    one, two = (set(character_grams([text], 4).hashes) for text in ("ab cd", "cd ab"))
    assert one == two
    assert len(one) < len(set(character_grams(["abcd"], 4).hashes) | one)


@pytest.mark.parametrize("grams_of", [lambda t: word_grams(t, 3), lambda t: character_grams(t, 5)])
def test_taken_apart_in_blocks_they_are_the_same(grams_of: object, monkeypatch: pytest.MonkeyPatch) -> None:
    assert callable(grams_of)
    whole = grams_of(TEXTS)
    monkeypatch.setattr(_ngrams, "BLOCK", 7)
    parted = grams_of(TEXTS)
    for field in ("distinct", "hashes", "counts"):
        assert getattr(parted, field).tolist() == getattr(whole, field).tolist()


def test_the_most_frequent_are_known_and_rows_have_length_1() -> None:
    grams = word_grams(TEXTS, 1)
    vocabulary = Vocabulary.fit(grams, rarest=2, most=10)
    assert len(vocabulary.hashes) == 5  # my, card, has, a, number
    rows = vocabulary.rows(grams).toarray()
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 0, 1, 0, 0, 1])
    fewer = Vocabulary.fit(grams, rarest=1, most=1)
    assert fewer.hashes.tolist() == word_grams(["card"], 1).hashes.tolist()
