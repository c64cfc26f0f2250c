"""Durations and sizes as people write them; the durations' refusals are in `test_load.py`."""

import pytest

from automl.config.quantities import size


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("500MB", 500_000_000),
        ("20GB", 20_000_000_000),
        (" 1.5 gb ", 1_500_000_000),
        ("3k", 3000),
        ("1TB", 10**12),
        ("1234", 1234),
        ("8B", 8),
        (1234, 1234),
        (None, None),
    ],
)
def test_a_size_is_read_as_people_write_it(written: object, meant: object) -> None:
    assert size(written) == meant


@pytest.mark.parametrize("written", ["", "GB", "20 gigabytes", "-5MB", "0", "0GB", "1e9", "5 5MB", "20GiB"])
def test_what_is_no_size_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="a size is written 500MB or 20GB, and is more than 0"):
        size(written)
