import numpy as np
import pytest
import torch

from automl.training.arrays import DeviceArray, shuffled

CPU = torch.device("cpu")


def test_rows_are_copies_of_the_shared_array() -> None:
    shared = np.arange(24, dtype=np.uint8).reshape(6, 1, 2, 2)
    shared.setflags(write=False)
    rows = DeviceArray(shared, CPU).rows(np.array([4, 1]))
    assert rows.dtype == torch.uint8
    np.testing.assert_array_equal(rows.numpy(), shared[[4, 1]])
    rows.zero_()
    assert shared[4].any()
    assert len(DeviceArray(shared, CPU).rows(slice(4, 99))) == 2


@pytest.mark.parametrize(("count", "batch_size"), [(10, 4), (9, 4), (8, 4), (3, 64), (1, 4), (2, 1024)])
def test_an_epoch_takes_each_row_once_in_batches(count: int, batch_size: int) -> None:
    batches = list(shuffled(count, batch_size, np.random.default_rng(0)))
    taken = np.concatenate(batches)
    assert len(set(taken)) == len(taken)
    left_out = 1 if count > 1 and count % batch_size == 1 else 0  # batch norm can't train on one image
    assert len(taken) == count - left_out
    assert max(map(len, batches)) <= batch_size


def test_the_order_is_new_each_epoch_and_given_by_the_seed() -> None:
    first, second = (np.random.default_rng(3) for _ in range(2))
    epochs = [np.concatenate(list(shuffled(50, 8, first))) for _ in range(2)]
    assert not np.array_equal(*epochs)
    np.testing.assert_array_equal(epochs[0], np.concatenate(list(shuffled(50, 8, second))))
