"""The data that the pages speak of."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from automl.data.text.demo import write_messages


@pytest.fixture(scope="session")
def write_data() -> Callable[[Path], None]:
    """write_data(folder) -> under the pages' names for them, images and loans."""

    def write(folder: Path) -> None:
        _write_images(folder / "path" / "to")
        _write_rows(folder)
        _write_messages(folder)
        _write_sentences(folder)

    return write


def _write_sentences(folder: Path) -> None:
    """Of who lives where; and three to answer."""
    names, places = ("Ann", "Bob", "Lee", "Mia"), ("Paris", "Oslo", "Rome", "Bern")
    pairs = [(names[row % 4], places[row // 4 % 4]) for row in range(120)]
    told = "\n".join(f"{name} B-PER\nlives O\nin O\n{place} B-LOC\n" for name, place in pairs)
    for file in ("sentences.conll", "more.conll"):
        (folder / file).write_text(told)
    (folder / "letters.txt").write_text("Ann lives in Paris\nBob lives in Oslo\nMia lives in Rome\n")


def _write_messages(folder: Path) -> None:
    """Those of the demo, in two columns; and three to answer."""
    rows = pd.read_csv(write_messages(folder / "demo"))
    frame = pd.DataFrame({"subject": "a question", "body": rows["message"], "intent": rows["intent"]})
    frame.to_csv(folder / "tickets.csv", index=False)
    frame[:300].to_csv(folder / "train.csv", index=False)
    frame[300:].to_csv(folder / "test.csv", index=False)
    frame[:3].drop(columns="intent").to_csv(folder / "messages.csv", index=False)


def _write_images(folder: Path) -> None:
    """Dark and bright images: one epoch tells them apart, so there is a champion to predict with."""
    from PIL import Image

    rng = np.random.default_rng(0)

    def images(count: int) -> tuple[np.ndarray, np.ndarray]:
        labels = np.arange(count) % 2
        brightness = (70 + 110 * labels).reshape(-1, 1, 1)
        return np.clip(rng.normal(brightness, 20, (count, 28, 28)), 0, 255).astype(np.uint8), labels.reshape(-1, 1)

    for row, (image, label) in enumerate(zip(*images(300), strict=True)):
        place = folder / "images" / ("dark", "bright")[int(label[0])]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(place / f"{row}.png")
    (folder / "new" / "images").mkdir(parents=True)
    for row, image in enumerate(images(3)[0]):
        Image.fromarray(image).save(folder / "new" / "images" / f"{row}.png")
    arrays = {}
    for split, count in {"train": 300, "val": 40, "test": 40}.items():
        arrays[f"{split}_images"], arrays[f"{split}_labels"] = images(count)
    np.savez_compressed(folder / "pneumoniamnist.npz", **arrays)


def _write_rows(folder: Path) -> None:
    """Loans of 60 customers, of which small ones are paid back."""
    rng = np.random.default_rng(0)
    amounts = rng.gamma(2, 1_000, 300).round(2)
    rows = [f"c{row % 60},{amount},{('no', 'yes')[int(amount > 1_500)]}" for row, amount in enumerate(amounts)]
    (folder / "rows.csv").write_text("\n".join(["customer_id,amount,default", *rows]))
    (folder / "new_rows.csv").write_text("\n".join(["customer_id,amount", "c1,200", "c2,9000", "c99,"]))
