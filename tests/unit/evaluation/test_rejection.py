"""A threshold finds what no class fits and costs few right answers."""

import numpy as np
import pytest

from automl.errors import UserError
from automl.evaluation.coverage import cover
from automl.evaluation.rejection import MOST_LOST, Rejection, choose

NAMES = ("refund", "track", "none")
ROWS = 400


def softmax(logits: np.ndarray) -> np.ndarray:
    shares = np.exp(logits - logits.max(1, keepdims=True))
    return (shares / shares.sum(1, keepdims=True)).astype(np.float32)


def messages(learned: bool) -> tuple[np.ndarray, np.ndarray]:
    """Logits and targets: 300 rows of two classes, and 100 that none fits, told by a class of their own or not."""
    rng = np.random.default_rng(0)
    targets = np.append(np.arange(300) % 2, np.full(100, 2))
    logits = rng.normal(0, 1, (ROWS, 3))
    logits[np.arange(300), targets[:300]] += 8
    logits[300:, 2] += 4 if learned else 0
    return logits, targets


def test_rows_that_no_class_fits_are_found_at_a_small_loss() -> None:
    logits, targets = messages(learned=True)
    choice = choose("none", NAMES, softmax(logits), targets)
    assert choice.found > 0.9
    assert choice.before - choice.kept <= MOST_LOST
    answers = choice.rejection.decide(NAMES, softmax(logits))
    assert set(answers[:300]) <= {"refund", "track", "none"}
    assert (answers[300:] == "none").mean() == pytest.approx(choice.found)


def test_what_is_lost_stays_small_on_rows_that_the_threshold_was_not_chosen_on() -> None:
    """Over twenty draws, on average; by as many as are allowed on the rows of the choice it would be more."""
    lost = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        targets = np.append(rng.integers(0, 2, 6000), np.full(600, 2))
        logits = rng.normal(0, 1, (6600, 3))
        logits[np.arange(6000), targets[:6000]] += 4
        part = rng.permutation(6600) < 3300
        choice = choose("none", NAMES, softmax(logits[part]), targets[part])
        others = targets[~part]
        answers = choice.rejection.decide(NAMES, softmax(logits[~part]))
        best = np.array(NAMES)[softmax(logits[~part])[:, :2].argmax(1)]
        names = np.array(NAMES)[others]
        lost.append(((best == names) & (answers != names) & (others < 2)).sum() / (others < 2).sum())
    assert np.mean(lost) <= MOST_LOST


def test_a_class_is_answered_where_none_is_rejected() -> None:
    rejection = Rejection("none", "softmax", 0.0)
    assert rejection.decide(NAMES, np.array([[0.1, 0.2, 0.7]], np.float32)).tolist() == ["track"]


def test_of_two_classes_a_threshold_decides_what_is_answered() -> None:
    rejection, rows = Rejection("other", "softmax", 0.6), np.array([[0.7, 0.3], [0.9, 0.1], [0.55, 0.45]], np.float32)
    assert rejection.decide(("well", "ill"), rows, threshold=0.2).tolist() == ["ill", "well", "other"]


def test_the_energy_is_taken_where_it_tells_more() -> None:
    rng = np.random.default_rng(0)
    targets = np.append(np.arange(300) % 2, np.full(100, 2))
    probabilities = softmax(rng.normal(0, 1, (ROWS, 3)))
    energies = np.append(rng.normal(9, 1, 300), rng.normal(0, 1, 100))
    choice = choose("none", NAMES, probabilities, targets, energies)
    assert choice.rejection.score == "energy"
    assert choice.found > 0.9


def test_without_examples_wrong_answers_are_rejected() -> None:
    rng = np.random.default_rng(0)
    targets = np.arange(ROWS) % 2
    logits = rng.normal(0, 1, (ROWS, 2))
    logits[np.arange(ROWS), targets] += 5
    logits[::20, :] = rng.normal(0, 0.1, (20, 2))
    choice = choose("other", ("refund", "track"), softmax(logits), targets)
    assert choice.found > 0.2
    assert choice.before - choice.kept <= MOST_LOST
    assert "other" in choice.rejection.decide(("refund", "track"), softmax(logits))


def test_a_model_that_is_always_right_rejects_nothing() -> None:
    targets = np.arange(ROWS) % 2
    probabilities = softmax(np.eye(2)[targets] * 9)
    choice = choose("other", ("refund", "track"), probabilities, targets)
    assert not choice.rejection.rejects(("refund", "track"), probabilities).any()


@pytest.mark.parametrize("score", ["softmax", "class", "energy", "entropy"])
def test_figures_of_a_rejection_are_those_of_its_answers(score: str) -> None:
    logits, targets = messages(learned=True)
    probabilities, energies = softmax(logits), np.log(np.exp(logits[:, :2]).sum(1))
    rejection = Rejection("none", score, float(np.median({"softmax": probabilities[:, :2].max(1)}.get(score, [0]))))  # type: ignore[arg-type]
    rejected = rejection.rejects(NAMES, probabilities, energies)
    answers = rejection.decide(NAMES, probabilities, energies)
    found = cover(rejection, NAMES, probabilities, targets, energies, seed=0)
    right = answers == np.array(NAMES, object)[targets]
    assert found.figures["in_scope_accuracy"].value == pytest.approx(right[:300].mean())
    assert found.figures["out_of_scope_recall"].value == pytest.approx(rejected[300:].mean())
    assert found.figures["answered"].value == pytest.approx(1 - rejected.mean())
    if rejected.any():
        assert found.figures["out_of_scope_precision"].value == pytest.approx(rejected[300:].sum() / rejected.sum())
    assert found.points[-1].coverage == 1
    assert found.points[-1].accuracy == pytest.approx(0.75, abs=0.01)
    assert found.points[0].accuracy == 1
    assert "100% at 7" in found.line


def test_it_travels_as_json_and_an_unknown_score_is_refused() -> None:
    rejection = Rejection("none", "entropy", -0.4)
    assert Rejection.from_dict(rejection.to_dict()) == rejection
    with pytest.raises(UserError, match="which this version doesn't know"):
        Rejection.from_dict({"label": "none", "score": "mahalanobis", "threshold": 1.0})
