"""What a study's storage costs the control loop: ours, and Optuna's own way to the same place.

python tests/benchmarks/storage.py
python tests/benchmarks/storage.py postgresql://user@host/database      (which gets some studies)
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend

from automl.search.connection import connect
from automl.search.database import DatabaseStorage
from automl.search.journal import SingleWriterJournal

TRIALS = 60
Opened = tuple[BaseStorage, Callable[[], bool]]


def loop(study: optuna.Study, save: Callable[[], bool]) -> tuple[float, float]:
    """A trial of 20 parameters and 3 epochs after the other: milliseconds of each, and of the CPU."""
    started, used = time.perf_counter(), time.process_time()
    for _ in range(TRIALS):
        trial = study.ask()
        configuration = {f"x{number}": trial.suggest_float(f"x{number}", 0, 1) for number in range(20)}
        trial.set_user_attr("configuration", configuration)
        save()
        for epoch in (1, 2, 3):
            trial.report(epoch / 10, epoch)
        trial.set_user_attr("record", {"epoch": 3, "merit": (0.3, 0.1)})
        study.tell(trial, 0.3)
        save()
    scale = 1000 / TRIALS
    return (time.perf_counter() - started) * scale, (time.process_time() - used) * scale


def in_database(url: str) -> Opened:
    storage = DatabaseStorage(connect(url), f"benchmark-{time.time_ns()}", ["minimize"])
    return storage.memory, storage.save


def optunas(url: str) -> Opened:
    driver = url.replace("postgresql:", "postgresql+psycopg2:", 1)
    return RDBStorage(driver), lambda: True


def main() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with TemporaryDirectory() as name:
        folder = Path(name)
        sqlite = f"sqlite:///{folder}"
        ways: dict[str, Callable[[], Opened]] = {
            "our journal": lambda: (JournalStorage(SingleWriterJournal(folder / "ours")), lambda: True),
            "Optuna's journal": lambda: (JournalStorage(JournalFileBackend(str(folder / "theirs"))), lambda: True),
            "sqlite by --storage": lambda: in_database(f"{sqlite}/ours.db"),
            "sqlite, Optuna's RDBStorage": lambda: optunas(f"{sqlite}/theirs.db"),
        }
        for url in sys.argv[1:]:
            ways |= {"PostgreSQL by --storage": lambda url=url: in_database(url)}
            ways |= {"PostgreSQL, Optuna's RDBStorage": lambda url=url: optunas(url)}
        print(f"{TRIALS} trials, ms per trial (of the CPU)")
        for title, open_ in ways.items():
            storage, save = open_()
            sampler = optuna.samplers.RandomSampler(seed=0)
            made = [study.study_name for study in storage.get_all_studies()]
            name = made[0] if title.endswith("--storage") else None
            study = optuna.create_study(storage=storage, study_name=name, sampler=sampler, load_if_exists=True)
            wall, cpu = loop(study, save)
            print(f"{title:32} {wall:6.1f} ({cpu:.1f})")


if __name__ == "__main__":
    main()
