"""What is refused before a model is looked for."""

from pathlib import Path

import pytest

from automl.api.export import export_model
from automl.errors import UserError


def test_a_folder_with_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="isn't an empty folder"):
        export_model("images", tmp_path, "onnx", home=tmp_path.parent / "home")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_only_onnx_is_quantized(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Only ONNX is quantized"):
        export_model("images", tmp_path / "out", "torch", quantized=True, home=tmp_path / "home")


def test_an_unknown_model_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There are no models yet"):
        export_model("images", tmp_path / "out", "bundle", home=tmp_path / "home")
    assert not (tmp_path / "out").exists()
