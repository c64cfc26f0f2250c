"""Tables of credit risk: test AUC of `--domain finance` in five minutes, beside AutoGluon and FLAML on the same rows.

    python tests/benchmarks/finance.py [--data german_credit,uci_credit_default] [--seeds 0,1,2,3,4] [--time-budget 5m]

Each search is a process of its own, with all defaults. The peers' figures are those of `shared/peers.md`: measured on a
machine like this one, on the same splits, with 300 s each, once.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import fmean, stdev

from common import machine, run_search, shared

TARGETS = {"german_credit": "credit_risk", "uci_credit_default": "default_payment_next_month"}
SEEDS = {"german_credit": "0,1,2,3,4", "uci_credit_default": "0"}
PEERS = {
    "german_credit": {"AutoGluon best_quality": 0.8504, "AutoGluon medium_quality": 0.8411, "FLAML": 0.8381},
    "uci_credit_default": {"AutoGluon best_quality": 0.7876, "AutoGluon medium_quality": 0.7852, "FLAML": 0.7768},
}


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--data", default=",".join(TARGETS))
    arguments.add_argument("--seeds")
    arguments.add_argument("--time-budget", default="5m")
    arguments.add_argument("--run", action="store_true", help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.run:
        print(json.dumps(run(chosen.data, int(chosen.seeds), chosen.time_budget)))
        return
    print(machine(), flush=True)
    for name in chosen.data.split(","):
        shared(f"finance/{name}")
        found = [in_a_process(name, seed, chosen.time_budget) for seed in (chosen.seeds or SEEDS[name]).split(",")]
        summarize(name, found)


def in_a_process(name: str, seed: str, budget: str) -> dict[str, float]:
    """Runs one search; its wall-clock is that of the process, imports and all."""
    started = time.monotonic()
    command = [sys.executable, __file__, "--run", "--data", name, "--seeds", seed, "--time-budget", budget]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1]) | {"wall": time.monotonic() - started}
    print(
        f"{name}, seed {seed}: test AUC {found['registered']:.4f} [{found['low']:.4f}, {found['high']:.4f}], "
        f"the best trial alone {found['alone']:.4f}, the default {found['default']:.4f}; "
        f"{found['trials']:.0f} trials, {found['wall']:.0f} s",
        flush=True,
    )
    return found


def run(name: str, seed: int, budget: str) -> dict[str, float]:
    """One search: AUC on test of the model that it registers and of others."""
    folder = shared(f"finance/{name}")
    train, test = str(folder / "train.csv"), str(folder / "test.csv")
    with tempfile.TemporaryDirectory() as home:
        flags = {"domain": "finance", "data": train, "test": test, "target": TARGETS[name]}
        outcome, *_ = run_search(Path(home), **flags, time_budget=budget, seed=seed)
    figure = outcome.figures["auc"]
    return {
        "registered": figure.value,
        "low": figure.low,
        "high": figure.high,
        "alone": outcome.test["auc"],
        "default": outcome.default["auc"],
        "trials": len(outcome.result.trials),
    }


def summarize(name: str, found: list[dict[str, float]]) -> None:
    values = [one["registered"] for one in found]
    spread = f" +- {stdev(values):.4f}" if len(values) > 1 else ""
    print(f"{name}, automl: mean {fmean(values):.4f}{spread} over {len(values)} seeds")
    for peer, value in PEERS[name].items():
        print(f"{name}, {peer}: {value:.4f}", flush=True)


if __name__ == "__main__":
    main()
