"""What monitoring has found as a page."""

import json
import math
from pathlib import Path

from automl.evaluation.interval import Estimate
from automl.monitoring import Findings, Shift
from automl.monitoring.findings import Part
from automl.report.drift import write_drift_report

SCRIPT = "<script>alert(1)</script>"


def shift(name: str, distance: float, drifted: bool, parts: int = 2) -> Shift:
    own = tuple(Part(f"{name} {number}", 1 / parts, 1 / parts) for number in range(parts))
    return Shift(name, "feature", distance, 0.001, drifted, "median 1", "median 2", own)


def findings(*shifts: Shift, rows: int = 1_000) -> Findings:
    scores = {"auc": (Estimate(0.9, 0.8, 0.95), Estimate(0.7, math.nan, math.nan)), "ece": (None, Estimate(0, 0, 1))}
    return Findings("finance/3", "week.csv", rows, min(rows, 500), shifts, scores, ("A note.",))


def test_the_page_tells_what_has_moved_the_worst_first(tmp_path: Path) -> None:
    found = findings(shift("age", 0.5, True, parts=40), shift("income", 0.02, False))
    write_drift_report(tmp_path / "drift.html", found)
    page = (tmp_path / "drift.html").read_text("utf-8")
    assert "<p>Drift: 1 of 2 features have moved, age most.</p>" in page
    assert "1,000 rows of week.csv, of which 500 were drawn, compared with the profile of finance/3." in page
    assert page.index("What has drifted") < page.index("<td>age</td>") < page.index("The others")
    assert page.index("The others") < page.index("<td>income</td>") < page.index("<h3>age</h3>")
    assert page.count("<svg") == 1 and '<td class="number">0.7</td><td class="number">-</td>' in page
    assert page.count(">age ") == 12, "not all of 40 parts"


def test_script_in_names_is_shown_as_text(tmp_path: Path) -> None:
    write_drift_report(tmp_path / "drift.html", findings(shift(SCRIPT, 0.5, True)))
    page = (tmp_path / "drift.html").read_text("utf-8")
    assert "<script" not in page and page.count("&lt;script&gt;") >= 4
    assert "default-src 'none'" in page


def test_what_machines_read_has_all_of_it() -> None:
    found = findings(shift("age", 0.5, True), shift("income", 0.02, False))
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert told["drift"] is True and told["drift_share"] == 0.5
    assert [own["name"] for own in told["shifts"]] == ["age", "income"]
    assert told["shifts"][0]["parts"][0] == {"name": "age 0", "before": 0.5, "now": 0.5}
    assert told["scores"]["auc"]["now"] == {"value": 0.7, "low": None, "high": None}


def test_few_rows_are_said() -> None:
    assert "Only 20 rows: smaller shifts can't be told from chance." in findings(rows=20).lines
    assert findings(shift("age", 0.0, False)).verdict == "No drift: 0 of 1 features have moved."
