"""One search, killed with SIGKILL twenty times in a row and resumed each time, beside an undisturbed one.

    python tests/benchmarks/kill.py [--kills 20] [--seed 0] [--keep FOLDER]

By turns the driver alone is killed, one worker alone, and every process at once, at random instants: while the search
starts, in the middle of epochs, between them. A plugin in the workers notes each epoch that was trained, whatever the
search makes of it. A kill is survived if no epoch that was finished by then (its checkpoint was in place) is trained
again, and what had ended and the runs in MLflow stay what they were. Took 26 minutes on two busy cores.
"""

import argparse
import random
import tempfile
import time
from pathlib import Path

from common import machine, make_data
from kill_checks import Seen, complaints_of, overall
from kill_processes import Driver, alive, counted

WAYS = ("driver", "worker", "everything")
EPOCHS, TRIALS, CANDIDATES = 9, 60, 2
EARLY = 4
"""Every fourth kill may come before anything is trained."""

PLUGIN = '''
import os, time
from automl.plugin import Regularizer, regularizer

LOG = {log!r}


class EpochLog(Regularizer):
    def __init__(self, number):
        self.number, self.epoch = number, 0

    def after_epoch(self, model, progress):
        time.sleep(0.15)  # what training would take, without its CPU

    def after_validation(self, merit):
        self.epoch += 1
        file = os.open(LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, f"{{self.number}} {{self.epoch}} {{merit!r}}\\n".encode())
        os.close(file)


@regularizer("epoch_log")
def epoch_log():
    """Notes each epoch that was trained."""
    import torch

    return EpochLog(torch.initial_seed())  # with the search's seed 0 it is the number of the trial
'''

EXPERIMENT = f"""
data: ../data.npz
plugins: [epoch_log.py]
sampler: random
scheduler: asha
seed: 0
trials: {TRIALS}
cpus_per_trial: 1
confirm: {CANDIDATES}
space:
  model: [mlp]
  augmentation: []
  regularizer: [epoch_log]
  regularizer.epoch_log: true
  training.epochs: {EPOCHS}
"""


def prepare(folder: Path) -> Path:
    """A folder to search in, with experiment and plugin; its log of epochs is `epochs.log`."""
    folder.mkdir(parents=True)
    (folder / "epoch_log.py").write_text(PLUGIN.format(log=str(folder / "epochs.log")))
    (folder / "experiment.yaml").write_text(EXPERIMENT)
    (folder / "epochs.log").touch()
    return folder


def start(folder: Path, *, workers: int) -> Driver:
    """Begins the search; if it was begun before, resumes it."""
    begun = any((folder / "automl_runs" / "searches").glob("*/search.json"))
    search = ["search", "--config", "experiment.yaml", "--workers", str(workers)]
    return Driver(folder, ["resume"] if begun else search)


def wait_for_moment(driver: Driver, log: Path, rng: random.Random, *, early: bool) -> str:
    """Until some random instant: seconds after the start, or epochs after now. Says which."""
    if early:
        delay = rng.uniform(0, 20)
        while driver.is_running and driver.age < delay:
            time.sleep(0.01)
        return f"{driver.age:.1f} s after its start"
    epochs, delay = rng.randint(1, 8), rng.uniform(0, 0.3)
    aim = log.read_bytes().count(b"\n") + epochs
    while driver.is_running and log.read_bytes().count(b"\n") < aim:
        time.sleep(0.01)
    time.sleep(delay)
    return f"{epochs} epochs and {delay:.2f} s later"


def kill_in_a_row(folder: Path, kills: int, rng: random.Random) -> tuple[list[tuple[str, Seen]], list[Driver]]:
    """Kills, resumes at once, kills again; at last lets it end. What was seen at each kill, and all drivers."""
    log = folder / "epochs.log"
    drivers = [start(folder, workers=2)]
    seen: list[tuple[str, Seen]] = []
    while len(seen) < kills:
        how = WAYS[len(seen) % len(WAYS)]
        when = wait_for_moment(drivers[-1], log, rng, early=len(seen) % EARLY == EARLY - 1 and how != "worker")
        if not drivers[-1].is_running:
            raise SystemExit(f"ended before {kills} kills: {drivers[-1].output[-2000:]}")
        if not drivers[-1].kill(how):  # there is no worker yet
            continue
        left = [process for driver in drivers if driver.killed for process in alive(driver.session)]
        seen.append((f"{how}, {when}", Seen.now(folder)))
        print(f"kill {len(seen):>2}: {seen[-1][0]}; {seen[-1][1]}; left behind: {counted(left)}", flush=True)
        if how != "worker":
            drivers.append(start(folder, workers=2))
    drivers[-1].wait()
    return seen, drivers


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--kills", type=int, default=20)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--keep", type=Path, help="new folder for all that is written")
    chosen = arguments.parse_args()
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        home = chosen.keep or Path(temporary)
        home.mkdir(parents=True, exist_ok=True)
        make_data(home / "data.npz")
        whole, killed = prepare(home / "whole"), prepare(home / "killed")
        started = time.time()
        start(whole, workers=1).wait()
        print(f"undisturbed: {time.time() - started:.0f} s", flush=True)
        started = time.time()
        seen, drivers = kill_in_a_row(killed, chosen.kills, random.Random(chosen.seed))
        print(f"killed {len(seen)} times, then let alone: {time.time() - started:.0f} s", flush=True)
        left = [process for driver in drivers for process in alive(driver.session)]
        print(f"left behind at the end: {counted(left)}")
        for driver in drivers:
            driver.clean_up()
        survived = 0
        for number, (how, moment) in enumerate(seen, 1):
            complaints = complaints_of(moment, killed)
            survived += not complaints
            for complaint in complaints:
                print(f"kill {number} ({how}): {complaint}")
        lines, complaints = overall(whole, killed, drivers, TRIALS)
        print("\n".join([*lines, *complaints]))
    print(f"{survived} of {len(seen)} kills survived, {len(complaints)} complaints about the whole")
    raise SystemExit(survived < len(seen) or bool(complaints))


if __name__ == "__main__":
    main()
