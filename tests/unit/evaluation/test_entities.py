"""Whole entities are counted as seqeval counts them; what is drawn again are sentences."""

from collections.abc import Callable

import numpy as np
import pytest
from seqeval.metrics import f1_score
from seqeval.metrics.sequence_labeling import get_entities

from automl.components import Task
from automl.errors import UserError
from automl.evaluation import METRICS, baseline_predictions, find_metric, metrics_of, score
from automl.evaluation.calibrators import calibrate
from automl.evaluation.entities import Chunks
from automl.evaluation.interval import estimates, gain
from automl.evaluation.sample import labels_of

NAMES = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
TASK = Task(kind="token-classification", num_outputs=5, input_shape=(12,), class_names=NAMES, vocabulary_size=9)
METRIC = METRICS["entity_f1"]
Corpus = Callable[..., tuple[np.ndarray, np.ndarray]]


@pytest.fixture
def corpus() -> Corpus:
    """corpus(sentences=40, noise=0.3) -> probabilities (words, 5) and targets (sentences, W) that they agree with but
    for so many words."""

    def make(sentences: int = 40, noise: float = 0.3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(seed)
        targets = rng.choice(5, (sentences, 12), p=(0.5, 0.15, 0.1, 0.15, 0.1))
        targets[np.arange(12) >= rng.integers(1, 13, sentences)[:, None]] = -1
        labels = labels_of(targets)
        said = np.where(rng.random(len(labels)) < noise, rng.integers(5, size=len(labels)), labels)
        shares = np.full((len(labels), 5), 0.05)
        shares[np.arange(len(labels)), said] = 0.8
        return shares.astype(np.float32), targets.astype(np.int64)

    return make


def tags_of(labels: np.ndarray, targets: np.ndarray) -> list[list[str]]:
    """Names of class indices (words,), sentence by sentence."""
    ends = np.cumsum((targets >= 0).sum(1))[:-1]
    return [[NAMES[label] for label in own] for own in np.split(labels, ends)]


@pytest.mark.parametrize("seed", range(20))
def test_the_figure_is_seqevals(corpus: Corpus, seed: int) -> None:
    predicted, targets = corpus(seed=seed, noise=seed / 20)
    labels, found = labels_of(targets), predicted.argmax(1)
    expected = f1_score(tags_of(labels, targets), tags_of(found, targets))
    assert METRIC.compute(predicted, targets) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(5))
def test_entities_are_seqevals(corpus: Corpus, seed: int) -> None:
    _, targets = corpus(seed=seed)
    sentences, labels = np.nonzero(targets >= 0)[0], labels_of(targets)
    starts = np.append(0, np.cumsum((targets >= 0).sum(1)))
    expected = [
        (starts[number] + first, starts[number] + last, (NAMES.index(f"B-{kind}") + 1) // 2)
        for number, tags in enumerate(tags_of(labels, targets))
        for kind, first, last in get_entities(tags)
    ]
    found = Chunks.of(labels, sentences)
    assert list(zip(found.first, found.last, found.kinds, strict=True)) == expected


def test_an_entity_ends_with_its_sentence() -> None:
    targets = np.array([[0, 1], [2, -1]])
    right = np.eye(5, dtype=np.float32)[[0, 1, 2]]
    assert METRIC.compute(right, targets) == 1
    assert len(Chunks.of(labels_of(targets), np.array([0, 0, 1])).first) == 2


def test_without_entities_it_is_not_defined() -> None:
    nothing = np.eye(5, dtype=np.float32)[[0, 0]]
    assert np.isnan(METRIC.compute(nothing, np.array([[0, 0]])))


def test_the_trivial_baseline_finds_none(corpus: Corpus) -> None:
    _, targets = corpus()
    count = len(labels_of(targets))
    trivial = baseline_predictions(TASK, targets, count)
    assert trivial.shape == (count, 5)
    assert METRIC.compute(trivial, targets) == 0


def test_words_have_metrics_of_their_own(corpus: Corpus) -> None:
    found = score(*corpus(), TASK)
    assert set(found) == {"accuracy", "balanced_accuracy", "brier", "ece", "entity_f1", "f1_macro", "log_loss"}
    assert {metric.name for metric in metrics_of(TASK)} == set(found)
    assert find_metric("entity_f1", "token-classification") is METRIC


@pytest.mark.parametrize(("name", "kind"), [("entity_f1", "text-classification"), ("auc", "token-classification")])
def test_metrics_of_other_tasks_are_refused(name: str, kind: str) -> None:
    with pytest.raises(UserError, match=f"The metric {name} isn't for {kind}"):
        find_metric(name, kind)


def test_intervals_are_of_sentences_drawn_again(corpus: Corpus) -> None:
    """Words of one sentence are right or wrong together here: drawn one by one they would seem to tell far more."""
    targets = np.repeat(np.arange(40)[:, None] % 2 + 1, 30, axis=1)
    said = np.where(np.arange(40)[:, None] % 4 == 0, 0, targets)
    predicted = np.eye(5, dtype=np.float32)[said.ravel()]
    accuracy = {"accuracy": METRICS["accuracy"]}
    of_sentences = estimates(accuracy, predicted, targets, seed=0)["accuracy"]
    of_words = estimates(accuracy, predicted, targets.ravel(), seed=0)["accuracy"]
    assert of_sentences.value == of_words.value == 0.75
    assert of_sentences.high - of_sentences.low > 4 * (of_words.high - of_words.low)


def test_an_interval_holds_the_figure_and_a_gain_is_paired(corpus: Corpus) -> None:
    better, targets = corpus(sentences=200, noise=0.1)
    worse, _ = corpus(sentences=200, noise=0.4)
    found = estimates({"entity_f1": METRIC}, better, targets, seed=0)["entity_f1"]
    assert found.low < found.value < found.high
    gained = gain(METRIC, better, worse, targets, seed=0)
    assert gained is not None and gained.low > 0
    same = gain(METRIC, better, better, targets, seed=0)
    assert same is not None and (same.low, same.high) == (0, 0)


def test_probabilities_of_words_are_calibrated(corpus: Corpus) -> None:
    predicted, targets = corpus(sentences=200, noise=0.6)
    choice = calibrate(predicted, targets, METRIC, seed=0, shifts=False)
    assert choice.calibration.kind == "temperature"
    assert choice.crossed.shape == predicted.shape
