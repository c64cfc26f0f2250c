import numpy as np

from automl.components.task import Task
from automl.serving import as_table

CLASSES = Task(kind="image-classification", num_outputs=3, input_shape=(1, 4, 4), class_names=("cat", "dog", "owl"))


def test_the_likeliest_class_is_named_beside_all_probabilities() -> None:
    table = as_table(CLASSES, np.array([[0.1, 0.7, 0.2], [0.8, 0.1, 0.1]], np.float32))
    assert table["prediction"].tolist() == ["dog", "cat"]
    assert np.allclose(table[["p_cat", "p_dog", "p_owl"]].to_numpy(), [[0.1, 0.7, 0.2], [0.8, 0.1, 0.1]])


def test_no_inputs_give_an_empty_table_with_its_columns() -> None:
    table = as_table(CLASSES, np.zeros((0, 3), np.float32))
    assert table.shape == (0, 4)


def test_a_regressions_only_output_is_the_prediction() -> None:
    task = Task(kind="image-regression", num_outputs=1, input_shape=(1, 4, 4))
    assert as_table(task, np.array([[1.5], [2.5]], np.float32))["prediction"].tolist() == [1.5, 2.5]


def test_the_class_decided_for_is_named_whatever_is_likelier() -> None:
    table = as_table(CLASSES, np.array([[0.1, 0.7, 0.2]], np.float32), ["none of them"])
    assert table["prediction"].tolist() == ["none of them"]
    assert np.allclose(table["p_dog"], 0.7)


def test_the_likeliest_classes_are_named_in_their_order() -> None:
    table = as_table(CLASSES, np.array([[0.1, 0.7, 0.2], [0.8, 0.1, 0.1]], np.float32), top=2)
    assert list(table) == ["prediction", "class_1", "p_1", "class_2", "p_2"]
    assert table["class_1"].tolist() == ["dog", "cat"]
    assert table["class_2"].tolist() == ["owl", "dog"]
    assert np.allclose(table["p_2"], [0.2, 0.1])
    assert list(as_table(CLASSES, np.zeros((0, 3), np.float32), top=9))[-1] == "p_3"
