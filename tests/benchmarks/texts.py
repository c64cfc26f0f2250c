"""Messages of customers: what `--domain customer_service` reaches on test, beside published figures.

    python tests/benchmarks/texts.py [--runs banking77,banking77_from_nothing,banking77_fast,clinc150] [--seed 0]

Each search is a process of its own, with all defaults but the data and, where nothing pretrained may be used, the
models. Its registered model is then asked for 300 messages of test, one after the other, each as raw text, in the same
process on one CPU core. The peers' figures are those of `shared/peers.md`, on the same splits.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from common import machine, run_search, shared

FROM_NOTHING = ["bag_of_ngrams", "text_cnn", "transformer_encoder", "transformer_decoder"]
RUNS: dict[str, dict[str, Any]] = {
    "banking77": {"time_budget": "15m"},
    "banking77_from_nothing": {"time_budget": "5m", "space": {"model": FROM_NOTHING}},
    "banking77_fast": {"time_budget": "5m", "constraints": ["latency_p95_ms<=15"]},
    "clinc150": {"time_budget": "15m"},
}
WARM_UP, MESSAGES = 20, 300
PEERS = {
    "banking77": "BERT tuned 0.937, USE+ConveRT 0.934, frozen MiniLM + logistic regression 0.9295",
    "banking77_from_nothing": "tf-idf words + characters, logistic regression 0.9146, AutoGluon tabular 0.8396",
    "banking77_fast": "no peer: at most 15 ms are asked for",
    "clinc150": "BERT in scope 0.962 with out-of-scope recall 0.523 (Larson et al. 2019)",
}


def data_of(run: str) -> dict[str, Any]:
    """The flags that name a run's data."""
    name = run.partition("_")[0]
    folder = shared(f"text/{name}")
    if name == "banking77":
        return {"data": str(folder / "train.csv"), "test": str(folder / "test.csv"), "target": "label"}
    outside = [str(folder / f"oos_{split}.csv") for split in ("train", "val")]
    return {
        "data": str(folder),
        "target": "label",
        "out_of_scope": outside,
        "out_of_scope_test": str(folder / "oos_test.csv"),
    }


def search(run: str, seed: int) -> dict[str, Any]:
    """One search: figures on test of the model that it registers."""
    with tempfile.TemporaryDirectory() as home:
        outcome, *_ = run_search(
            Path(home), domain="customer_service", text="text", seed=seed, **data_of(run), **RUNS[run]
        )
        p95 = latency(Path(home), shared(f"text/{run.partition('_')[0]}/test.csv"))
    figures = {name: figure.value for name, figure in outcome.figures.items()}
    scope = {name: figure.value for name, figure in outcome.coverage.figures.items()} if outcome.coverage else {}
    trials = outcome.result.trials
    return {"figures": figures, "scope": scope, "alone": outcome.test["accuracy"], "trials": len(trials), "p95": p95}


def latency(home: Path, test: Path) -> float:
    """Milliseconds that 95 of 100 messages take at most, from raw text to the answer."""
    import pandas as pd
    import torch

    import automl

    torch.set_num_threads(1)
    model = automl.load("customer_service@champion", home=home)
    times = []
    for text in pd.read_csv(test)["text"].sample(WARM_UP + MESSAGES, random_state=0):
        started = time.perf_counter()
        model.answer([text])
        times.append(1000 * (time.perf_counter() - started))
    return float(np.percentile(times[WARM_UP:], 95))


def in_a_process(run: str, seed: int) -> None:
    """Prints one run; its wall-clock is that of the process, imports and all."""
    started = time.monotonic()
    command = [sys.executable, __file__, "--run", run, "--seed", str(seed)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    figures, scope = found["figures"], found["scope"]
    print(
        f"{run}: test accuracy {figures['accuracy']:.4f}, macro F1 {figures['f1_macro']:.4f}, the best trial alone "
        f"{found['alone']:.4f}; {found['trials']} trials, {time.monotonic() - started:.0f} s; one message takes "
        f"{found['p95']:.1f} ms at p95"
    )
    if scope:
        print("  " + ", ".join(f"{name} {value:.4f}" for name, value in scope.items()))
    print(f"  {PEERS[run]}", flush=True)


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--runs", default=",".join(RUNS))
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--run", choices=RUNS, help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.run:
        print(json.dumps(search(chosen.run, chosen.seed)))
        return
    print(machine(), flush=True)
    for run in chosen.runs.split(","):
        in_a_process(run, chosen.seed)


if __name__ == "__main__":
    main()
