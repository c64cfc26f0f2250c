"""The medical data sets of the project, as they lie on disk."""

import os
from pathlib import Path

import numpy as np
import pytest

from automl.data import Dataset, load_dataset, load_inputs

SHARED = Path(os.environ.get("AUTOML_SHARED_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))
MEDICAL = SHARED / "medical"

pytestmark = pytest.mark.skipif(not MEDICAL.is_dir(), reason=f"no data in {MEDICAL}; set AUTOML_SHARED_DATA")


@pytest.fixture(scope="module")
def pneumonia(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return load_dataset(MEDICAL / "pneumoniamnist", cache=tmp_path_factory.mktemp("cache"))


def test_the_pneumonia_folder_has_the_official_splits_and_its_known_copies(pneumonia):
    assert [len(split) for split in (pneumonia.train, pneumonia.val, pneumonia.test)] == [4708, 524, 624]
    assert pneumonia.task.class_names == ("normal", "pneumonia")
    assert pneumonia.task.input_shape == (1, 28, 28)
    assert [(found.first_split, found.split, found.count) for found in pneumonia.report.duplicates_across] == [
        ("train", "val", 8)
    ]


def test_the_pneumonia_archive_has_the_same_images_as_the_folder(pneumonia, tmp_path):
    archive = load_dataset(MEDICAL / "pneumoniamnist" / "pneumoniamnist.npz", cache=tmp_path)

    assert archive.preparation == pneumonia.preparation
    for split in ("train", "val", "test"):
        one, other = getattr(archive, split), getattr(pneumonia, split)
        labelled = [
            sorted(image.tobytes() + bytes([target]) for image, target in zip(s.inputs, s.targets, strict=True))
            for s in (one, other)
        ]
        assert labelled[0] == labelled[1]


def test_the_blood_cells_are_three_classes_in_colour(tmp_path):
    cells = load_dataset(MEDICAL / "bccd_blood_cells", cache=tmp_path)

    assert cells.task.class_names == ("Platelets", "RBC", "WBC")
    assert cells.task.input_shape == (3, 64, 64)
    assert [len(split) for split in (cells.train, cells.val, cells.test)] == [637, 257, 211]


def test_inputs_for_predictions_are_the_test_images(tmp_path):
    cells = load_dataset(MEDICAL / "bccd_blood_cells", cache=tmp_path, memory_limit=0, image_size=32)

    inputs, ids = load_inputs(MEDICAL / "bccd_blood_cells" / "test", cells.preparation)

    assert [f"test/{name}" for name in ids] == list(cells.test.ids)
    assert np.array_equal(inputs, cells.test.inputs)
