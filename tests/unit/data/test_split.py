"""Stratified splits."""

import numpy as np
import pytest

from automl.data.split import split_off
from automl.errors import UserError


def names(count: int) -> tuple[str, ...]:
    return tuple(f"class{number}" for number in range(count))


@pytest.mark.parametrize("counts", [(3, 3), (3, 3, 3), (1000, 3), (3,) * 99 + (1000,), (500, 40, 7, 3), (4,) * 30])
@pytest.mark.parametrize("parts", [("val", "test"), ("val",), ("test",)])
def test_every_row_is_in_one_part_and_every_class_in_every_part(counts, parts):
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)), counts))

    rows = split_off(labels, parts, 0, names(len(counts)))

    assert set(rows) == {"train", *parts}
    assert np.array_equal(np.sort(np.concatenate(list(rows.values()))), np.arange(len(labels)))
    for part in rows.values():
        assert set(labels[part]) == set(range(len(counts)))
        assert np.all(np.diff(part) > 0)


def test_a_part_alone_keeps_its_ratio_to_train():
    labels = np.arange(800) % 2

    assert len(split_off(labels, ["val"], 0, names(2))["val"]) == 100
    assert len(split_off(np.arange(900) % 2, ["test"], 0, names(2))["test"]) == 200


def test_two_images_suffice_where_one_part_is_split_off_and_no_fewer():
    rows = split_off(np.array([0, 0, 1, 1]), ["val"], 0, names(2))
    assert {name: len(part) for name, part in rows.items()} == {"train": 2, "val": 2}

    with pytest.raises(UserError, match=r"at least 2 images to be split into 2 parts. .*class1 \(1\)"):
        split_off(np.array([0, 0, 1]), ["val"], 0, names(2))


def test_the_split_of_a_seed_is_the_same_for_ever():
    rows = split_off(np.arange(40) % 2, ["val", "test"], 0, names(2))

    assert rows["val"].tolist() == [2, 21, 34, 37]
