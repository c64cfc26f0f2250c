"""A folder of DICOM and NIfTI files, from `automl search` to `automl predict`."""

import csv
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.integration

WHO = ("Doe^Jane", "Janedoe", "MRN-4711", "19700131", "Sunnydale")


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """Four patients and four volumes a class, who they are written all over them; brighter means ill."""
    pydicom = pytest.importorskip("pydicom", reason='needs the extra: pip install "automl[medical]"')
    nibabel = pytest.importorskip("nibabel", reason='needs the extra: pip install "automl[medical]"')
    from pydicom.data import get_testdata_file

    dataset = pydicom.dcmread(get_testdata_file("MR_small.dcm", download=False))
    dataset.Rows, dataset.Columns, dataset.NumberOfFrames = 8, 8, 3
    dataset.PatientName, dataset.PatientBirthDate, dataset.InstitutionName = WHO[0], WHO[3], WHO[4]
    rng = np.random.default_rng(0)
    for level, folder in enumerate(("ill", "well")):
        (tmp_path / "scans" / folder).mkdir(parents=True)
        for number in range(4):
            dataset.PatientID = f"{WHO[2]}-{level}-{number}"
            dataset.PixelData = rng.normal(200 + 700 * level, 50, (3, 8, 8)).astype(np.int16).tobytes()
            dataset.save_as(tmp_path / "scans" / folder / f"{number}.dcm")
            image = nibabel.Nifti1Image(rng.normal(size=(8, 8, 2)).astype(np.float32), np.eye(4))
            image.header["db_name"], image.header["descrip"] = WHO[1].encode(), WHO[2].encode()
            nibabel.save(image, tmp_path / "scans" / folder / f"{number}.nii.gz")
    return tmp_path / "scans"


def test_scans_are_searched_and_predicted_slice_by_slice_and_nobody_is_named(
    scans: Path, tmp_path: Path, run_here: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    searched = run_here(
        *("search", "--data", "scans", "--trials", 1, "--models", "mlp", "--workers", 1),
        *("--set", "training.epochs=1"),
        cwd=tmp_path,
    )
    assert searched.returncode == 0, searched.stderr
    assert "DICOM and NIfTI: 16 files, 40 slices, 8 patients, 8 files that name no patient." in " ".join(
        (searched.stdout + searched.stderr).split()
    )

    predicted = run_here("predict", "scans/ill", "--model", "images@champion", cwd=tmp_path)
    assert predicted.returncode == 0, predicted.stderr
    with (tmp_path / "predictions.csv").open(newline="") as file:
        rows = [row["id"] for row in csv.DictReader(file)]
    assert rows[:6] == ["0.dcm#0", "0.dcm#1", "0.dcm#2", "0.nii.gz#0", "0.nii.gz#1", "1.dcm#0"]
    assert len(rows) == 20

    said = [searched.stdout, searched.stderr, predicted.stdout, predicted.stderr]
    written = [path for path in tmp_path.rglob("*") if path.is_file() and scans not in path.parents]
    assert any(path.name == "mlflow.db" for path in written)
    content = "".join([*said, *map(str, written), *(path.read_bytes().decode("latin-1") for path in written)])
    assert [name for name in WHO if name in content] == []
