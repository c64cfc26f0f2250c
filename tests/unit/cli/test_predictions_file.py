"""What a spreadsheet would run is text in predictions.csv."""

import pandas as pd

from automl.cli.predict import _inert


def test_formulas_among_ids_and_classes_are_made_texts() -> None:
    block = pd.DataFrame(
        {"id": ["=cmd()", "-5", "a7", "@x"], "prediction": ["+yes", "no", "-1", "no"], "p_no": [0.1] * 4}
    )
    inert = _inert(block)
    assert inert["id"].tolist() == ["'=cmd()", "-5", "a7", "'@x"]
    assert inert["prediction"].tolist() == ["'+yes", "no", "-1", "no"]
    assert inert["p_no"].tolist() == [0.1] * 4
