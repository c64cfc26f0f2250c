"""Writes packages of the automl that is installed here, with what they predict, for the tests of those to come.

    python tests/unit/serving/stored/make.py [FOLDER] [images] [table] [texts]

Each is the winner of a small search: FOLDER/format_N/KIND/ has the package in `bundle/`, new inputs in `new*`, and in
`predicted.csv` what `automl predict` said of them. A package that is there stays as it is.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

HERE = Path(__file__).parent
AUTOML = Path(sys.executable).with_name("automl")


def images(folder: Path) -> tuple[str, list[str]]:
    """Handwritten 0, 1 and 2, of which the last ones are new."""
    from sklearn.datasets import load_digits

    digits, labels = load_digits(return_X_y=True)
    known = labels < 3
    for place, (pixels, label) in enumerate(zip(digits[known], labels[known], strict=True)):
        file = folder / ("images" if place < 240 else "new") / (str(label) if place < 240 else "") / f"{place}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        if place < 246:
            Image.fromarray((pixels * 15).reshape(8, 8).astype(np.uint8)).save(file)
    narrowed = ("--models", "small_cnn", "--set", "model.small_cnn.width=8", "--set", "model.small_cnn.stages=2")
    return "new", ["--domain", "images", "--data", "images", *narrowed]


def table(folder: Path) -> tuple[str, list[str]]:
    """Loans with numbers, words, dates and gaps; the new ones have a word that training never had."""
    rng = np.random.default_rng(0)
    count = 240
    income = np.exp(rng.normal(8, 0.6, count)).round(2)
    late = rng.random(count) < 1 / (1 + np.exp((income - 3_000) / 600))
    frame = pd.DataFrame(
        {
            "loan": [f"L-{number}" for number in range(count)],
            "income": np.where(rng.random(count) < 0.1, np.nan, income),
            "purpose": rng.choice(["car", "home", "travel"], count),
            "issued": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 700, count), "D"),
            "default": np.where(late, "yes", "no"),
        }
    )
    frame[:-6].to_csv(folder / "rows.csv", index=False)
    new = frame[-6:].drop(columns="default")
    new.iloc[0, new.columns.get_loc("purpose")] = "boat"
    new.to_csv(folder / "new.csv", index=False)
    narrowed = ("--models", "mlp", "--set", "model.mlp.width=16", "--set", "model.mlp.depth=1")
    return "new.csv", ["--domain", "finance", "--data", "rows.csv", "--target", "default", *narrowed]


def texts(folder: Path) -> tuple[str, list[str]]:
    """Messages of three intents."""
    from automl.data.text.demo import write_messages

    frame = pd.read_csv(write_messages(folder / "demo"))
    frame = frame[frame["intent"].isin(("cancel_order", "track_order", "payment_failed"))]
    frame[:-6].to_csv(folder / "messages.csv", index=False)
    (folder / "new.txt").write_text("\n".join([*frame["message"][-6:], "zweimal abgebucht, señor 🙂"]) + "\n")
    sizes = ("embedding=32", "width=32", "longest=2")
    narrowed = [word for size in sizes for word in ("--set", f"model.text_cnn.{size}")]
    chosen = ["--domain", "texts", "--data", "messages.csv", "--target", "intent", "--models", "text_cnn"]
    return "new.txt", [*chosen, *narrowed]


def make(kind: Callable[[Path], tuple[str, list[str]]], into: Path) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        new, words = kind(folder)
        run("search", *words, "--trials", "1", "--workers", "1", "--set", "training.epochs=12", cwd=folder)
        (winner,) = (folder / "automl_runs" / "searches").glob("*/winner")
        run("predict", "--model", f"{words[1]}/1", new, cwd=folder)
        number = json.loads((winner / "model.json").read_text())["format"]
        place = into / f"format_{number}" / kind.__name__
        if place.exists():
            raise SystemExit(f"{place} is there already")
        place.mkdir(parents=True)
        shutil.copytree(winner, place / "bundle")
        shutil.copy(folder / "predictions.csv", place / "predicted.csv")
        (shutil.copytree if (folder / new).is_dir() else shutil.copy)(folder / new, place / new)
        size = sum(file.stat().st_size for file in place.rglob("*") if file.is_file())
        print(f"{place}: {size / 1000:.1f} kB")


def run(*words: str, cwd: Path) -> None:
    subprocess.run([str(AUTOML), *words], cwd=cwd, check=True)


if __name__ == "__main__":
    into, *chosen = sys.argv[1:] or [str(HERE)]
    for kind in (images, table, texts):
        if not chosen or kind.__name__ in chosen:
            make(kind, Path(into))
