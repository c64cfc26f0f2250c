"""predictions.csv: whole, quick to write, and what a spreadsheet would run is text in it."""

from io import BytesIO

import numpy as np
import pandas as pd

from automl.cli.predict import _inert, write_rows


def test_formulas_among_ids_and_classes_are_made_texts() -> None:
    block = pd.DataFrame(
        {"id": ["=cmd()", "-5", "a7", "@x"], "prediction": ["+yes", "no", "-1", "no"], "p_no": [0.1] * 4}
    )
    inert = _inert(block)
    assert inert["id"].tolist() == ["'=cmd()", "-5", "a7", "'@x"]
    assert inert["prediction"].tolist() == ["'+yes", "no", "-1", "no"]
    assert inert["p_no"].tolist() == [0.1] * 4


def test_blocks_are_written_as_pandas_writes_them() -> None:
    plain = pd.DataFrame({"id": ["1", "2"], "prediction": ["yes", "no"], "p_yes": np.float32([0.1, 1 / 3])})
    quoted = plain.assign(id=['Doe, "Jane"', "two\nlines"])
    file = BytesIO()

    for place, block in enumerate((plain, quoted)):
        write_rows(block, file, header=not place)

    assert file.getvalue().decode() == pd.concat([plain, quoted]).to_csv(index=False)
