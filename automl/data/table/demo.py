"""The built-in demo of a table: made up, but in the ways of a lender's file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

ROWS = 3_000
SEED = 7
TARGET = "default"

PURPOSES = ("car", "furniture", "education", "business", "repairs", "holiday")
EMPLOYMENT = ("employed", "self-employed", "unemployed", "retired")


def write_credit(folder: Path) -> Path:
    """Writes `credit.csv`, always the same 3,000 made-up loans, and gives its path.

    Whether one defaults depends on its terms and its holder, in part by their combination, and in part on chance; some
    incomes are missing, and a loan's number says nothing.
    """
    import pandas as pd

    rng = np.random.default_rng(SEED)
    age = rng.integers(19, 75, ROWS)
    income = np.round(rng.lognormal(7.8, 0.5, ROWS), -1)
    amount = np.round(rng.lognormal(8.6, 0.8, ROWS), -2)
    months = rng.choice([12, 24, 36, 48, 60], ROWS)
    late = rng.poisson(0.6, ROWS)
    employment = rng.choice(EMPLOYMENT, ROWS, p=[0.7, 0.15, 0.05, 0.1])
    purpose = rng.choice(PURPOSES, ROWS)
    burden = amount / months / income
    risk = (
        -3.0
        + 4.0 * np.minimum(burden, 0.6)
        + 0.6 * np.minimum(late, 4)
        + 1.2 * (employment == "unemployed")
        + 0.8 * ((employment == "self-employed") & (purpose == "business"))
        + 0.5 * (age < 26)
        + rng.normal(0, 0.5, ROWS)
    )
    issued = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 730, ROWS), "D")
    frame = pd.DataFrame(
        {
            "loan": [f"L{number:05d}" for number in rng.permutation(ROWS)],
            "issued": issued.strftime("%Y-%m-%d"),
            "age": age,
            "income": np.where(rng.random(ROWS) < 0.07, np.nan, income),
            "amount": amount,
            "months": months,
            "employment": employment,
            "purpose": purpose,
            "late_payments": late,
            "phone": rng.choice(["yes", "no"], ROWS),
            TARGET: np.where(rng.random(ROWS) < 1 / (1 + np.exp(-risk)), "yes", "no"),
        }
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "credit.csv"
    frame.to_csv(path, index=False)
    return path
