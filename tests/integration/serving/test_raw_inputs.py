"""A model of each domain answers raw input over HTTP, as `automl predict` did when its package was stored."""

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from served import Server

pytestmark = pytest.mark.integration

STORED = Path(__file__).parents[2] / "unit" / "serving" / "stored" / "format_5"


def requests(kind: str) -> Iterator[tuple[bytes, str]]:
    """Bodies and their types: an image alone, rows as a file, messages as JSON."""
    if kind == "images":
        for file in sorted((STORED / kind / "new").iterdir()):
            yield file.read_bytes(), "image/png"
    elif kind == "table":
        yield (STORED / kind / "new.csv").read_bytes(), "text/csv"
    else:
        texts = (STORED / kind / "new.txt").read_text(encoding="utf-8").splitlines()
        yield json.dumps({"texts": texts}).encode(), "application/json"


@pytest.mark.parametrize("kind", ["images", "table", "texts"])
def test_a_model_of_each_domain_answers_raw_input(kind: str, start: Callable[..., Server]) -> None:
    server = start(str(STORED / kind / "bundle"))
    found = [one for body, form in requests(kind) for one in server.predict(body, form)["predictions"]]
    expected = list(csv.DictReader((STORED / kind / "predicted.csv").open(encoding="utf-8")))
    assert [one["prediction"] for one in found] == [row["prediction"] for row in expected]
    for one, row in zip(found, expected, strict=True):
        known = {name.removeprefix("p_"): float(value) for name, value in row.items() if name.startswith("p_")}
        assert one["probabilities"] == pytest.approx(known, abs=1e-6)
    assert server.end() == 0
