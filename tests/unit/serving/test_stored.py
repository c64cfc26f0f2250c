"""Packages of earlier versions predict what they predicted when they were made; `stored/README.md` says how."""

from pathlib import Path

import pandas as pd
import pytest

from automl.serving import predict
from automl.training.bundle import FORMAT

STORED = Path(__file__).parent / "stored"
PACKAGES = sorted(STORED.glob("format_*/*"))


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_stored_package_predicts_what_it_did(package: Path) -> None:
    """To 1e-6 of a probability: another CPU, or another build of torch, adds up the same numbers in another order."""
    (source,) = package.glob("new*")
    expected = pd.read_csv(package / "predicted.csv", dtype={"id": "str", "prediction": "str"})
    found = predict(package / "bundle", source).astype({"id": "str", "prediction": "str"})
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, rtol=0, atol=1e-6)


def test_there_is_one_of_each_format_and_all_of_them_are_small() -> None:
    assert {package.parent.name for package in PACKAGES} == {f"format_{number + 1}" for number in range(FORMAT)}
    assert sum(file.stat().st_size for file in STORED.rglob("*") if file.is_file()) < 200_000
