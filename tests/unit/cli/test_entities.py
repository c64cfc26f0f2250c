"""A search for entities, or for sentiments, as a person asks for it: what is said before the first trial."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Search = Callable[..., Any]


@pytest.fixture
def sentences(make_conll: Callable[..., str], tmp_path: Path) -> Path:
    path = tmp_path / "sentences.conll"
    path.write_text(make_conll(90))
    return path


@pytest.mark.parametrize(
    "asked",
    [("--task", "token-classification"), ("--domain", "texts", "--task", "token-classification")],
    ids=" ".join,
)
def test_entities_pass_all_checks(search: Search, sentences: Path, asked: tuple[str, ...]) -> None:
    done = search(*asked, "--models", "word_features,text_cnn", data=sentences)
    assert "All checks are passed." in done.err, done.err
    assert "sentences: 90 sentences of" in done.out and "entities of 2 types" in done.out


def test_sentiment_is_classification_of_texts(search: Search, tmp_path: Path) -> None:
    with (tmp_path / "reviews.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["review", "sentiment"])
        for number in range(30):
            rows.writerow([f"the best lamp that i have had, number {number}", "positive"])
            rows.writerow([f"it broke after {number} days, never again", "negative"])
    done = search("--task", "text-classification", "--models", "bag_of_ngrams", data=tmp_path / "reviews.csv")
    assert "All checks are passed." in done.err, done.err
    assert "60 messages (review), 2 classes (sentiment)" in done.out
    assert "Positive class: positive" in done.out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--metric", "auc"), "The metric auc isn't for token-classification"),
        (("--models", "bag_of_ngrams"), "No model fits this token-classification task"),
        (("--mask-pii",), "--mask-pii is for messages with one label each"),
        (("--cost", "fp=1,fn=2"), "--cost is for two classes; the data have 5"),
        (("--target", "tags"), "--target is for messages with one label each"),
        (("--set", "model.pretrained_encoder.pooling=cls"), "model.pretrained_encoder.pooling must be one of mean"),
    ],
)
def test_what_is_not_for_words_is_refused(search: Search, sentences: Path, options: tuple[str, ...], said: str) -> None:
    done = search("--task", "token-classification", *options, data=sentences)
    assert done.code == 2
    assert said in done.err


def test_what_does_not_fit_words_is_left_out_and_said(search: Search, sentences: Path) -> None:
    fitting = "model=[word_features, bag_of_ngrams]"
    done = search("--task", "token-classification", "--set", fitting, "--set", "augmentation=[mixup]", data=sentences)
    assert "Not searched: model bag_of_ngrams, which is for text-classification" in done.out
    assert "Not used: augmentation mixup" in done.out
    assert "All checks are passed." in done.err
