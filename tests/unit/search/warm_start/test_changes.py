"""An earlier search of another space, other data, plugins or objectives: what still fits is taken."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from automl.components import Choice, Float
from automl.config import load_experiment
from automl.search.prior import ORIGIN, Prior
from automl.search.warm_start import GONE, OUTSIDE, Sources, find_sources, note_prior


def test_what_cannot_be_converted_is_dropped_and_counted(home: Any) -> None:
    old = home.search("old", trials=40)
    narrow = home.without_flip(x=Float(0.0, 0.5))
    outside = [
        r for r in old.records.values() if r.configuration["x"] > 0.5 and not r.configuration["augmentation.flip"]
    ]  # type: ignore[operator]
    gone = [r for r in old.records.values() if r.configuration["augmentation.flip"]]
    made, lines = home.warm(space=narrow)
    kept = 40 - len(gone) - len(outside)
    assert outside and gone and kept
    assert f"{kept} trials learnt from, {40 - kept} dropped (" in lines[0]
    assert f"{len(gone)} {GONE}" in lines[0] and f"{len(outside)} {OUTSIDE}" in lines[0]
    state = home.run(made)
    assert all(trial.distributions["x"].high == 0.5 for trial in home.added(state))  # type: ignore[attr-defined]
    assert len(state.records) == 20


def test_where_nothing_fits_the_best_are_tried_as_they_fit(home: Any) -> None:
    home.search("old")
    made, lines = home.warm(space=home.without_flip(x=Choice(0.25)))
    assert "0 trials learnt from, 20 dropped" in lines[0]
    second = list(home.run(made).records.values())[1].configuration
    assert second["x"] == 0.25


def test_trials_of_a_plugin_that_has_changed_are_dropped(home: Any) -> None:
    old = home.search("old", code="net.py sha256:aa")
    deep = sum(record.model == "deep" for record in old.records.values())
    assert 0 < deep < 20
    _, same = home.warm("same", code="net.py sha256:aa")
    _, changed = home.warm("changed", code="net.py sha256:bb")
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
    home: Any, arguments: dict[str, Any], why: str
) -> None:
    old = home.search("old")
    made, lines = home.warm(**arguments)
    assert lines == [f"Warm start from old: {why}; 5 of its best configurations go first."]
    state = home.run(made)
    assert not home.added(state)
    ranked = sorted(old.records.values(), key=lambda record: record.merit or (), reverse=True)
    best = [record.configuration for record in ranked if record.configuration != home.space.default()][:5]
    assert [record.configuration for record in state.records.values()][:6] == [home.space.default(), *best]


# Constraints and several objectives


def test_earlier_trials_are_judged_by_new_constraints(home: Any) -> None:
    old = home.search("old")
    values = sorted(record.best["val_accuracy"] for record in old.records.values())
    made, _ = home.warm(constraints=[f"accuracy<={values[12]}"])
    state = home.run(made)
    told = {trial.user_attrs[ORIGIN]: max(trial.constraints.values()) for trial in home.added(state)}
    assert sum(violation > 0 for violation in told.values()) == 7
    best = [record.best["val_accuracy"] for record in old.records.values()]
    again = list(state.records.values())[1:3]
    assert max(best) in [record.best["val_accuracy"] for record in again]
    assert values[12] in [record.best["val_accuracy"] for record in again], "the best one that keeps to it"


def test_a_trial_without_a_figure_that_counts_now_is_dropped(home: Any) -> None:
    home.search("old")  # simulated trials have no latency
    _, lines = home.warm("new", minimize=["latency_ms"])
    assert "0 trials learnt from, 20 dropped (20 without what is judged now)" in lines[0]


# What is named


def test_without_any_source_there_is_no_prior(home: Any) -> None:
    store: Any = SimpleNamespace(home=home.folder)
    made = home.plan("new")
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
