"""A new search that starts from an earlier one, in virtual time."""

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.trial import FrozenTrial, TrialState

from automl.components import Choice, Float, Int
from automl.config import SAMPLERS, Experiment, load_experiment
from automl.evaluation import find_metric
from automl.search.budget import Limits, StopSignal
from automl.search.folders import journal_of
from automl.search.journal import SingleWriterJournal
from automl.search.notes import note_end, write_notes
from automl.search.objectives import make_objectives
from automl.search.prior import ORIGIN, Prior, give_prior
from automl.search.proposals import FIRST, Proposals
from automl.search.recovery import recover
from automl.search.samplers import make_sampler
from automl.search.schedulers import make_scheduler
from automl.search.simulation import SimulatedExecutor, VirtualClock
from automl.search.state import SearchState
from automl.search.warm_start import GONE, OUTSIDE, Sources, find_sources, note_prior
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


def plan(folder: Path, space: Space = SPACE, digest: str = DIGEST, code: str = "", **keys: Any) -> Any:
    """All of a plan that a warm start looks at."""
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


def run(made: Any, *, scheduler: str = "none", workers: int = 1) -> SearchState:
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


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "runs"


def search(home: Path, name: str, *, scheduler: str = "none", **arguments: Any) -> SearchState:
    """A whole search in a home."""
    made = plan(home / "searches" / name, **arguments)
    write_notes(made)
    state = run(made, scheduler=scheduler)
    note_end(made.folder, state.ended_by, None)
    return state


def sources(home: Path, reference: str, **keys: Any) -> Sources:
    store: Any = SimpleNamespace(home=home)
    return find_sources(experiment(warm_start=reference, **keys), store)


def warm(home: Path, name: str = "new", *, reference: str = "old", **arguments: Any) -> tuple[Any, list[str]]:
    """A planned search that starts from another, and what is said of it."""
    made = plan(home / "searches" / name, **arguments)
    return made, note_prior(made, sources(home, reference))


def added(state: SearchState) -> list[FrozenTrial]:
    return [trial for trial in state._study.get_trials() if ORIGIN in trial.user_attrs]


# What is taken


def test_trials_are_told_to_the_new_study_as_they_ended(home: Path) -> None:
    old = search(home, "old", scheduler="asha")
    made, lines = warm(home)
    told = added(run(made))
    assert lines == ["Warm start from old: 20 trials learnt from, 0 dropped; its best configuration goes first."]
    assert {trial.user_attrs[ORIGIN] for trial in told} == {f"old {number}" for number in old.records}
    for trial, before in zip(told, old._study.get_trials(), strict=True):
        assert (trial.state, trial.values, trial.params) == (before.state, before.values, before.params)
        assert trial.intermediate_values == before.intermediate_values
        assert trial.distributions == before.distributions
    assert {TrialState.COMPLETE, TrialState.PRUNED} == {trial.state for trial in told}


def test_they_are_no_trials_of_the_new_search(home: Path) -> None:
    old = search(home, "old")
    made, _ = warm(home)
    state = run(made)
    assert state.ended_by == "20 trials done" and len(state.records) == 20
    assert min(state.records) == 20, "numbers go on after the added ones"
    known = [record.configuration for record in old.records.values()]
    default, best, *others = (record.configuration for record in state.records.values())
    assert old.best is not None and (default, best) == (SPACE.default(), old.best.configuration)
    assert not [configuration for configuration in others if configuration in known], "none is trained again"
    assert state.best is not None and state.best.number in state.records
    assert state.best.merit is not None and old.best.merit is not None and state.best.merit >= old.best.merit


def test_the_sampler_goes_on_where_the_earlier_search_ended(home: Path) -> None:
    search(home, "old", trials=40)
    made, _ = warm(home, trials=12)
    cold = plan(home / "searches" / "cold", trials=12)
    means = []
    for state in (run(made), run(cold)):
        values = [record.best["val_accuracy"] for record in state.records.values()][2:]
        means.append(sum(values) / len(values))
    assert means[0] > means[1] + 0.05


def test_the_scheduler_does_not_compare_with_earlier_curves(home: Path) -> None:
    search(home, "old", space=Space((MODEL, X, DEPTH)), trials=30)
    poor = Space((replaced(MODEL, Choice("flat")), replaced(X, Float(0.0, 1.0), 0.9)))
    made, _ = warm(home, space=poor, trials=1)
    state = run(made, scheduler="asha")
    assert [record.status for record in state.records.values()] == ["finished"], "it is the first one at each rung"


@pytest.mark.parametrize("sampler", [name for name in SAMPLERS if name not in ("auto", "grid")])
def test_every_sampler_starts_from_what_is_known(home: Path, sampler: str) -> None:
    search(home, "old", scheduler="median")
    made, lines = warm(home, sampler=sampler)
    state = run(made, workers=3)
    deaf = sampler in ("random", "qmc", "nsga2")
    assert len(state.records) == 20 and len(added(state)) == (0 if deaf else 20)
    assert (f"{sampler} learns from no trials but its own; 5 of its best" in lines[0]) == deaf


def test_what_was_learnt_is_handed_on_from_search_to_search(home: Path) -> None:
    search(home, "old")
    made, _ = warm(home, "second")
    write_notes(made)
    run(made)
    third, lines = warm(home, "third", reference="second")
    assert lines[0].startswith("Warm start from second: 40 trials learnt from, 0 dropped")
    assert len(added(run(third))) == 40


# What the space has become


def replaced(parameter: SpaceParameter, domain: Any, default: Any = None) -> SpaceParameter:
    return SpaceParameter(
        parameter.name, domain, domain.clip(parameter.default) if default is None else default, parameter.conditions
    )


def test_what_cannot_be_converted_is_dropped_and_counted(home: Path) -> None:
    old = search(home, "old", trials=40)
    narrow = Space((MODEL, replaced(X, Float(0.0, 0.5)), DEPTH))
    outside = [
        r for r in old.records.values() if r.configuration["x"] > 0.5 and not r.configuration["augmentation.flip"]
    ]  # type: ignore[operator]
    gone = [r for r in old.records.values() if r.configuration["augmentation.flip"]]
    made, lines = warm(home, space=narrow)
    kept = 40 - len(gone) - len(outside)
    assert outside and gone and kept
    assert f"{kept} trials learnt from, {40 - kept} dropped (" in lines[0]
    assert f"{len(gone)} {GONE}" in lines[0] and f"{len(outside)} {OUTSIDE}" in lines[0]
    state = run(made)
    assert all(trial.distributions["x"].high == 0.5 for trial in added(state))  # type: ignore[attr-defined]
    assert len(state.records) == 20


def test_where_nothing_fits_the_best_are_tried_as_they_fit(home: Path) -> None:
    search(home, "old")
    made, lines = warm(home, space=Space((MODEL, replaced(X, Choice(0.25)), DEPTH)))
    assert "0 trials learnt from, 20 dropped" in lines[0]
    second = list(run(made).records.values())[1].configuration
    assert second["x"] == 0.25


def test_trials_of_a_plugin_that_has_changed_are_dropped(home: Path) -> None:
    old = search(home, "old", code="net.py sha256:aa")
    deep = sum(record.model == "deep" for record in old.records.values())
    assert 0 < deep < 20
    _, same = warm(home, "same", code="net.py sha256:aa")
    _, changed = warm(home, "changed", code="net.py sha256:bb")
    assert "20 trials learnt from, 0 dropped" in same[0]
    assert f"{20 - deep} trials learnt from, {deep} dropped ({deep} with plugins that have changed)" in changed[0]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"digest": "f" * 16}, "it had other data, or another split of them"),
        ({"metric": "auc"}, "it was judged by accuracy, not auc"),
    ],
)
def test_of_other_data_or_another_metric_only_the_best_configurations_are_tried(
    home: Path, arguments: dict[str, Any], why: str
) -> None:
    old = search(home, "old")
    made, lines = warm(home, **arguments)
    assert lines == [f"Warm start from old: {why}; 5 of its best configurations go first."]
    state = run(made)
    assert not added(state)
    ranked = sorted(old.records.values(), key=lambda record: record.merit or (), reverse=True)
    best = [record.configuration for record in ranked if record.configuration != SPACE.default()][:5]
    assert [record.configuration for record in state.records.values()][:6] == [SPACE.default(), *best]


# Constraints and several objectives


def test_earlier_trials_are_judged_by_new_constraints(home: Path) -> None:
    old = search(home, "old")
    values = sorted(record.best["val_accuracy"] for record in old.records.values())
    made, _ = warm(home, constraints=[f"accuracy<={values[12]}"])
    state = run(made)
    told = {trial.user_attrs[ORIGIN]: max(trial.constraints.values()) for trial in added(state)}
    assert sum(violation > 0 for violation in told.values()) == 7
    best = [record.best["val_accuracy"] for record in old.records.values()]
    again = list(state.records.values())[1:3]
    assert max(best) in [record.best["val_accuracy"] for record in again]
    assert values[12] in [record.best["val_accuracy"] for record in again], "the best one that keeps to it"


def test_a_trial_without_a_figure_that_counts_now_is_dropped(home: Path) -> None:
    search(home, "old")  # simulated trials have no latency
    _, lines = warm(home, "new", minimize=["latency_ms"])
    assert "0 trials learnt from, 20 dropped (20 without what is judged now)" in lines[0]


# Killed and gone on


def test_killed_at_any_write_it_begins_with_the_same(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    search(home, "old", trials=8)
    whole, _ = warm(home, "whole", trials=6)
    expected = [trial.params for trial in added(run(whole))]
    killed, _ = warm(home, "killed", trials=6)
    append, left = SingleWriterJournal.append_logs, {"in": -1}

    def dying(self: SingleWriterJournal, logs: list[dict[str, Any]]) -> None:
        left["in"] -= 1
        if left["in"] == 0:
            raise KeyboardInterrupt
        append(self, logs)

    monkeypatch.setattr(SingleWriterJournal, "append_logs", dying)
    for _ in range(12):
        left["in"] = 3
        with pytest.raises(KeyboardInterrupt):
            run(killed)
    left["in"] = -1
    state = run(killed)
    assert [trial.params for trial in added(state)] == expected
    assert len(state.records) == 6
    configurations = [record.configuration for record in state.records.values()]
    first = state._study.user_attrs[FIRST]
    assert all(configuration in configurations[: 1 + len(first)] for configuration in [SPACE.default(), *first])


def test_a_search_that_goes_on_is_not_told_twice(home: Path) -> None:
    search(home, "old")
    made, _ = warm(home, trials=5)
    run(made)
    made.experiment = made.experiment.model_copy(update={"trials": 9})
    state = run(made)
    assert len(added(state)) == 20 and len(state.records) == 9


# What is named


def test_without_any_source_there_is_no_prior(tmp_path: Path) -> None:
    store: Any = SimpleNamespace(home=tmp_path)
    made = plan(tmp_path / "searches" / "new")
    assert find_sources(made.experiment, store) == Sources()
    assert note_prior(made, Sources()) == []
    assert Prior.read(made.folder) == Prior() and not list(made.folder.iterdir())


def test_on_a_table_the_default_of_each_model_goes_first(tmp_path: Path) -> None:
    from automl.components import load_catalog
    from automl.space import compose
    from automl.testing import tiny

    task = tiny.task_of("table-classification", (4, (3,)))
    space = compose(load_catalog(), task, {"model": ["lightgbm", "mlp", "tabm"]}).space
    experiment = load_experiment(flags={"domain": "tables", "data": "rows.csv", "target": "y"})
    plan: Any = SimpleNamespace(experiment=experiment, space=space, folder=tmp_path)
    assert note_prior(plan, Sources()) == []
    assert [first["model"] for first in Prior.read(tmp_path).first] == ["mlp", "tabm"], "the first one is the default"
