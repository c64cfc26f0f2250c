"""Images of patients that a table names: `--group patients.csv`."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from automl.data import Dataset
from automl.errors import UserError

Load = Callable[..., Dataset]
WriteImages = Callable[..., Path]


def write_patients(folder: Path, patients: Mapping[str, str], header: str = "file,patient") -> Path:
    path = folder / "patients.csv"
    path.write_text("\n".join([header, *(f"{file},{patient}" for file, patient in patients.items())]) + "\n")
    return path


def by_threes(root: Path) -> dict[str, str]:
    """Every three images of a class are of one patient."""
    images = sorted(root.rglob("*.png"))
    number = {path: int(path.stem.removeprefix("img")) // 3 for path in images}
    return {path.relative_to(root).as_posix(): f"{path.parent.name}-{number[path]}" for path in images}


@pytest.fixture
def refusal(load: Load, write_images: WriteImages, tmp_path: Path) -> Callable[..., UserError]:
    """refusal({"ill/img0.png": "A"}) -> what is said of such patients of six images."""

    def refuse(patients: Mapping[str, str], **options: str) -> UserError:
        root = write_images({"ill": 3, "well": 3})
        with pytest.raises(UserError) as caught:
            load(root, group=write_patients(tmp_path, patients, **options))
        return caught.value

    return refuse


def test_no_patient_is_in_two_splits(load: Load, write_images: WriteImages, tmp_path: Path) -> None:
    root = write_images({"ill": 60, "well": 60})
    whose = by_threes(root)

    data = load(root, group=write_patients(tmp_path, whose))

    shown = [{whose[name] for name in part.ids} for part in (data.train, data.val, data.test)]
    assert sum(map(len, shown)) == len(set.union(*shown)) == 40
    lines = data.report.lines()
    assert "40 patients, by patients.csv." in lines
    assert any("all of a patient's into one part" in line for line in lines)


def test_the_table_may_be_of_another_kind_and_have_more_columns(
    load: Load, write_images: WriteImages, tmp_path: Path
) -> None:
    root = write_images({"ill": 9, "well": 9})
    table = tmp_path / "whose.jsonl"
    rows = (f'{{"file": "./{file}", "age": 50, "patient": "{who}"}}\n' for file, who in by_threes(root).items())
    table.write_text("".join(rows))

    assert "6 patients, by whose.jsonl." in load(root, group=table).report.lines()


def test_names_alone_are_enough_where_one_file_has_them(load: Load, write_images: WriteImages, tmp_path: Path) -> None:
    root = write_images({"ill": 9, "well": 9})
    for path in root.rglob("*.png"):
        path.rename(path.with_name(f"{path.parent.name}-{path.name}"))
    whose = {path.name: path.name[:-5] + str(int(path.stem[-1]) // 3) for path in root.rglob("*.png")}

    assert "6 patients, by patients.csv." in load(root, group=write_patients(tmp_path, whose)).report.lines()


def test_patients_on_both_sides_of_given_splits_are_said(load: Load, write_images: WriteImages, tmp_path: Path) -> None:
    root = write_images({"train/ill": 6, "train/well": 6, "val/ill": 2, "val/well": 2, "test/ill": 2, "test/well": 2})
    whose = {path.relative_to(root).as_posix(): path.as_posix() for path in root.rglob("*.png")}
    whose["val/ill/img0.png"] = whose["val/ill/img1.png"] = whose["train/ill/img0.png"]

    lines = load(root, group=write_patients(tmp_path, whose)).report.lines()

    warned = [line for line in lines if "patients in both" in line]
    assert len(warned) == 1
    assert "both train and val: 1, with 2 of the 4 images in val" in warned[0]


def test_a_missing_val_is_split_off_by_patient(load: Load, write_images: WriteImages, tmp_path: Path) -> None:
    root = write_images({"train/ill": 24, "train/well": 24, "test/ill": 3, "test/well": 3})
    whose = by_threes(root) | {f"test/{name}/img{n}.png": f"test-{name}" for name in ("ill", "well") for n in range(3)}

    data = load(root, group=write_patients(tmp_path, whose))

    assert len(data.test) == 6
    assert not {whose[name] for name in data.train.ids} & {whose[name] for name in data.val.ids}
    assert not any("patients in both" in line for line in data.report.lines())


def test_the_table_goes_over_what_files_tell(load: Load, write_dicom: Callable[..., Path], tmp_path: Path) -> None:
    import numpy as np

    root = tmp_path / "scans"
    whose = {}
    for number in range(12):
        name = f"{'ill' if number % 2 else 'well'}/{number}.dcm"
        pixels = np.random.default_rng(number).integers(0, 1000, (8, 8), np.int16)
        write_dicom(root / name, pixels, PatientID="anonymous")
        whose[name] = str(number)

    assert "12 patients, by patients.csv." in load(root, group=write_patients(tmp_path, whose)).report.lines()


def test_rows_of_files_that_are_not_there_are_counted(load: Load, write_images: WriteImages, tmp_path: Path) -> None:
    root = write_images({"ill": 9, "well": 9})
    table = write_patients(tmp_path, {**by_threes(root), "ill/gone.png": "Z", "ill/lost.png": "Z"})

    assert "2 rows of patients.csv name no image here, e.g. ill/gone.png." in load(root, group=table).report.lines()


def test_there_must_be_such_a_table(load: Load, write_images: WriteImages, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"table of files and patients; there is no .*patient_id") as caught:
        load(write_images({"ill": 3, "well": 3}), group=tmp_path / "patient_id")
    assert "file,patient" in str(caught.value.hint)


def test_its_columns_must_be_there(refusal: Callable[..., UserError]) -> None:
    error = refusal({"ill/img0.png": "A"}, header="image,patient")

    assert "Missing: file. Got: image, patient." in error.message
    assert "file,patient" in str(error.hint)


def test_every_image_needs_a_patient(refusal: Callable[..., UserError]) -> None:
    error = refusal({"ill/img0.png": "A", "ill/img1.png": "", "well/img7.png": "B"})

    assert "names no patient for 5 images: ill/img1.png, ill/img2.png, well/img0.png" in error.message
    assert "It names others: well/img7.png." in error.message


def test_an_image_has_one_patient(refusal: Callable[..., UserError]) -> None:
    error = refusal({"ill/img0.png": "Doe", "./ill/img0.png": "Roe"})

    assert "ill/img0.png has two patients in" in error.message
    assert "rows 1 and 2" in error.message
    assert "Doe" not in error.message  # nobody is named


def test_a_name_that_several_files_have_does_not_do(refusal: Callable[..., UserError]) -> None:
    error = refusal({"img0.png": "A"})

    assert "Row 1 of" in error.message
    assert "2 files are called img0.png, e.g. ill/img0.png and well/img0.png." in error.message


def test_too_few_patients_to_split_are_refused(refusal: Callable[..., UserError]) -> None:
    error = refusal({f"{name}/img{number}.png": name for name in ("ill", "well") for number in range(3)})

    assert "ill (1), well (1)" in error.message
    assert "--group" in str(error.hint)


def test_only_folders_have_files_to_name(load: Load, write_npz: Callable[..., Path], tmp_path: Path) -> None:
    for source in (write_npz(), None):
        with pytest.raises(UserError, match="--group is for folders of images"):
            load(source, group=tmp_path / "patients.csv")
