"""Searches in virtual time, one of which starts from another."""

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.trial import FrozenTrial

from automl.components import Choice, Float, Int
from automl.config import Experiment, load_experiment
from automl.evaluation import find_metric
from automl.search.budget import Limits, StopSignal
from automl.search.folders import journal_of
from automl.search.journal import SingleWriterJournal
from automl.search.notes import note_end, write_notes
from automl.search.objectives import make_objectives
from automl.search.prior import ORIGIN, Prior, give_prior
from automl.search.proposals import Proposals
from automl.search.recovery import recover
from automl.search.samplers import make_sampler
from automl.search.schedulers import make_scheduler
from automl.search.simulation import SimulatedExecutor, VirtualClock
from automl.search.state import SearchState
from automl.search.warm_start import find_sources, note_prior
from automl.space import Configuration, Space, SpaceParameter

EPOCHS = 9
DIGEST = "0123456789abcdef"

MODEL = SpaceParameter("model", Choice("flat", "deep"), "flat")
X = SpaceParameter("x", Float(0.0, 1.0), 0.9)
DEPTH = SpaceParameter("model.deep.depth", Int(1, 5), 1, (("model", ("deep",)),))
FLIP = SpaceParameter("augmentation.flip", Choice(False, True), False)
FLIP_P = SpaceParameter("augmentation.flip.p", Float(0.0, 1.0), 0.5, (("augmentation.flip", (True,)),))
SPACE = Space((MODEL, X, DEPTH, FLIP, FLIP_P))


def curve(configuration: Configuration) -> list[float]:
    """Best at x = 0.3 with the deepest model; rises over the epochs."""
    x, depth = float(str(configuration["x"])), int(str(configuration.get("model.deep.depth", 0)))
    top = 1 - (x - 0.3) ** 2 - 0.05 * (5 - depth)
    return [top * (1 - math.exp(-epoch / 3)) for epoch in range(1, EPOCHS + 1)]


def experiment(**keys: Any) -> Experiment:
    return load_experiment(flags={"trials": 20, "sampler": "tpe", **keys})


def open_study(made: Any) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = JournalStorage(SingleWriterJournal(journal_of(made.folder)))
    directions = made.objectives.directions
    study = optuna.create_study(study_name="s", storage=storage, directions=directions, load_if_exists=True)
    study.sampler = make_sampler(
        "tpe" if made.experiment.sampler == "auto" else made.experiment.sampler,
        made.space,
        len(study.get_trials(deepcopy=False)),
    )
    return study


class Home:
    """A folder of searches."""

    space = SPACE

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def without_flip(self, **domains: Any) -> Space:
        """The space without its augmentation, and with other domains."""
        kept = ((p, domains.get(p.name, p.domain)) for p in (MODEL, X, DEPTH))
        return Space(tuple(SpaceParameter(p.name, d, d.clip(p.default), p.conditions) for p, d in kept))

    def plan(self, name: str, space: Space = SPACE, digest: str = DIGEST, code: str = "", **keys: Any) -> Any:
        """All of a plan that a warm start looks at."""
        folder = self.folder / "searches" / name
        folder.mkdir(parents=True, exist_ok=True)
        made = experiment(**keys)
        metric = find_metric(made.metric, made.task)
        components = [SimpleNamespace(key=("model", "deep"), provenance=code)] if code else []
        return SimpleNamespace(
            folder=folder,
            experiment=made,
            space=space,
            metric=metric,
            objectives=make_objectives(made, metric),
            data=SimpleNamespace(digest=digest),
            components=components,
            plugins=(),
            shares=SimpleNamespace(threads=1),
            started=0.0,
        )

    def run(self, made: Any, *, scheduler: str = "none", workers: int = 1) -> SearchState:
        """One driver of a planned search, from opening the study to the end."""
        study = open_study(made)
        give_prior(study, made.space, Prior.read(made.folder))
        state = SearchState(
            study,
            Proposals(study, made.space, exhaustive=False, seed=0),
            limits=Limits(made.experiment.trials, 5, f"val_{made.metric.name}", minimize=made.metric.minimize),
            stop=StopSignal(made.folder, None),
            scheduler=make_scheduler(scheduler, EPOCHS),
            folder=made.folder,
            watchers=[],
            objectives=made.objectives,
            recovered=recover(study, made.folder),
        )
        SimulatedExecutor(curve, metric=f"val_{made.metric.name}", clock=VirtualClock(), workers=workers).run(state)
        return state

    def search(self, name: str, *, scheduler: str = "none", **arguments: Any) -> SearchState:
        """A whole search."""
        made = self.plan(name, **arguments)
        write_notes(made)
        state = self.run(made, scheduler=scheduler)
        note_end(made.folder, state.ended_by, None)
        return state

    def warm(self, name: str = "new", *, reference: str = "old", **arguments: Any) -> tuple[Any, list[str]]:
        """A planned search that starts from another, and what is said of it."""
        made, store = self.plan(name, **arguments), SimpleNamespace(home=self.folder)
        return made, note_prior(made, find_sources(experiment(warm_start=reference), store))  # type: ignore[arg-type]

    def added(self, state: SearchState) -> list[FrozenTrial]:
        """The trials of its study that are an earlier search's."""
        return [trial for trial in state._study.get_trials() if ORIGIN in trial.user_attrs]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "runs")
