"""What a new search takes from an earlier one, in virtual time; killed meanwhile, too."""

from typing import Any

import pytest
from optuna.trial import TrialState

from automl.components import Choice
from automl.config import SAMPLERS
from automl.search.journal import SingleWriterJournal
from automl.search.notes import write_notes
from automl.search.prior import ORIGIN
from automl.search.proposals import FIRST


def test_trials_are_told_to_the_new_study_as_they_ended(home: Any) -> None:
    old = home.search("old", scheduler="asha")
    made, lines = home.warm()
    told = home.added(home.run(made))
    assert lines == ["Warm start from old: 20 trials learnt from, 0 dropped; its best configuration goes first."]
    assert {trial.user_attrs[ORIGIN] for trial in told} == {f"old {number}" for number in old.records}
    for trial, before in zip(told, old._study.get_trials(), strict=True):
        assert (trial.state, trial.values, trial.params) == (before.state, before.values, before.params)
        assert trial.intermediate_values == before.intermediate_values
        assert trial.distributions == before.distributions
    assert {TrialState.COMPLETE, TrialState.PRUNED} == {trial.state for trial in told}


def test_they_are_no_trials_of_the_new_search(home: Any) -> None:
    old = home.search("old")
    made, _ = home.warm()
    state = home.run(made)
    assert state.ended_by == "20 trials done" and len(state.records) == 20
    assert min(state.records) == 20, "numbers go on after the added ones"
    known = [record.configuration for record in old.records.values()]
    default, best, *others = (record.configuration for record in state.records.values())
    assert old.best is not None and (default, best) == (home.space.default(), old.best.configuration)
    assert not [configuration for configuration in others if configuration in known], "none is trained again"
    assert state.best is not None and state.best.number in state.records
    assert state.best.merit is not None and old.best.merit is not None and state.best.merit >= old.best.merit


def test_the_sampler_goes_on_where_the_earlier_search_ended(home: Any) -> None:
    home.search("old", trials=40)
    made, _ = home.warm(trials=12)
    cold = home.plan("cold", trials=12)
    means = []
    for state in (home.run(made), home.run(cold)):
        values = [record.best["val_accuracy"] for record in state.records.values()][2:]
        means.append(sum(values) / len(values))
    assert means[0] > means[1] + 0.05


def test_the_scheduler_does_not_compare_with_earlier_curves(home: Any) -> None:
    home.search("old", space=home.without_flip(), trials=30)
    made, _ = home.warm(space=home.without_flip(model=Choice("flat")), trials=1)
    state = home.run(made, scheduler="asha")
    assert [record.status for record in state.records.values()] == ["finished"], "it is the first one at each rung"


@pytest.mark.parametrize("sampler", [name for name in SAMPLERS if name not in ("auto", "grid")])
def test_every_sampler_starts_from_what_is_known(home: Any, sampler: str) -> None:
    home.search("old", scheduler="median")
    made, lines = home.warm(sampler=sampler)
    state = home.run(made, workers=3)
    deaf = sampler in ("random", "qmc", "nsga2")
    assert len(state.records) == 20 and len(home.added(state)) == (0 if deaf else 20)
    assert (f"{sampler} learns from no trials but its own; 5 of its best" in lines[0]) == deaf


def test_what_was_learnt_is_handed_on_from_search_to_search(home: Any) -> None:
    home.search("old")
    made, _ = home.warm("second")
    write_notes(made)
    home.run(made)
    third, lines = home.warm("third", reference="second")
    assert lines[0].startswith("Warm start from second: 40 trials learnt from, 0 dropped")
    assert len(home.added(home.run(third))) == 40


# Killed and gone on


def test_killed_at_any_write_it_begins_with_the_same(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    home.search("old", trials=8)
    whole, _ = home.warm("whole", trials=6)
    expected = [trial.params for trial in home.added(home.run(whole))]
    killed, _ = home.warm("killed", trials=6)
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
            home.run(killed)
    left["in"] = -1
    state = home.run(killed)
    assert [trial.params for trial in home.added(state)] == expected
    assert len(state.records) == 6
    configurations = [record.configuration for record in state.records.values()]
    first = state._study.user_attrs[FIRST]
    assert all(configuration in configurations[: 1 + len(first)] for configuration in [home.space.default(), *first])


def test_a_search_that_goes_on_is_not_told_twice(home: Any) -> None:
    home.search("old")
    made, _ = home.warm(trials=5)
    home.run(made)
    made.experiment = made.experiment.model_copy(update={"trials": 9})
    state = home.run(made)
    assert len(home.added(state)) == 20 and len(state.records) == 9
