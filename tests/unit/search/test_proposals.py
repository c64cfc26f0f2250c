from collections.abc import Callable
from pathlib import Path

import optuna
import pytest
from optuna import Study
from optuna.storages import JournalStorage

from automl.components import Choice, Float
from automl.errors import UserError
from automl.search.journal import SingleWriterJournal
from automl.search.proposals import Proposals, key
from automl.search.samplers import make_sampler
from automl.space import Configuration, Space, SpaceParameter

MakeStudy = Callable[..., Study]


def all_of(proposals: Proposals, limit: int = 1000) -> list[Configuration]:
    found = []
    while len(found) < limit and (proposed := proposals.next()):
        found.append(proposed[1])
    return found


def test_the_default_configuration_comes_first(make_study: MakeStudy, finite: Space) -> None:
    proposed = Proposals(make_study(), finite, exhaustive=False, seed=0).next()
    assert proposed and proposed[1] == {"model": "c", "on": True, "fixed": 7}


def test_a_finite_space_is_proposed_once_and_then_ends(make_study: MakeStudy, finite: Space) -> None:
    found = all_of(Proposals(make_study(), finite, exhaustive=False, seed=0))
    assert sorted(map(key, found)) == sorted(map(key, finite.grid()))
    assert len(found) == 6


def test_a_grid_is_proposed_once_in_its_order(make_study: MakeStudy, finite: Space) -> None:
    assert all_of(Proposals(make_study(), finite, exhaustive=True, seed=0)) == list(finite.grid())


def test_the_study_knows_the_values_of_a_grid(make_study: MakeStudy, finite: Space) -> None:
    study = make_study()
    found = all_of(Proposals(study, finite, exhaustive=True, seed=0))
    searched = {parameter.name for parameter in finite.searched}
    assert [t.params for t in study.get_trials()] == [
        {name: value for name, value in configuration.items() if name in searched} for configuration in found
    ]


def test_a_space_of_one_configuration_is_proposed_once(make_study: MakeStudy, finite: Space) -> None:
    alone = Space(finite.parameters[3:])
    for exhaustive in (False, True):
        assert all_of(Proposals(make_study(), alone, exhaustive=exhaustive, seed=0)) == [{"fixed": 7}]


def test_a_continuous_space_never_ends_and_nothing_comes_twice(make_study: MakeStudy, continuous: Space) -> None:
    found = all_of(Proposals(make_study(), continuous, exhaustive=False, seed=0), limit=50)
    assert len({key(configuration) for configuration in found}) == 50
    assert found[0] == {"model": "b", "lr": 0.01}


def test_a_grid_over_a_continuous_parameter_is_refused(make_study: MakeStudy, continuous: Space) -> None:
    with pytest.raises(UserError, match=r"lr is continuous"):
        all_of(Proposals(make_study(), continuous, exhaustive=True, seed=0))


@pytest.mark.parametrize("exhaustive", [False, True])
def test_a_study_that_is_opened_again_goes_on_with_what_is_new(tmp_path: Path, finite: Space, exhaustive: bool) -> None:
    def opened() -> Study:
        storage = JournalStorage(SingleWriterJournal(tmp_path / "study.journal"))
        return optuna.create_study(study_name="s", storage=storage, load_if_exists=True)

    first = all_of(Proposals(opened(), finite, exhaustive=exhaustive, seed=0), limit=2)
    rest = all_of(Proposals(opened(), finite, exhaustive=exhaustive, seed=0))
    assert sorted(map(key, first + rest)) == sorted(map(key, finite.grid()))


@pytest.mark.parametrize("sampler", ["random", "tpe", "blend", "gp"])
def test_the_same_seed_and_results_give_the_same_proposals(sampler: str, continuous: Space) -> None:
    def proposed(seed: int) -> list[Configuration]:
        study = optuna.create_study(sampler=make_sampler(sampler, continuous, seed))
        proposals = Proposals(study, continuous, exhaustive=False, seed=seed)
        found = []
        for _ in range(12):
            trial, configuration = proposals.next() or pytest.fail("nothing proposed")
            study.tell(trial, float(str(configuration["lr"])) ** 2)
            found.append(configuration)
        return found

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    assert proposed(1) == proposed(1)
    assert proposed(1) != proposed(2)


@pytest.mark.parametrize("sampler", ["random", "tpe", "blend", "qmc", "cmaes", "nsga2"])
def test_a_search_that_is_killed_is_proposed_what_an_undisturbed_one_is(
    tmp_path: Path, sampler: str, continuous: Space
) -> None:
    def search(study: str, count: int, *, killed: bool) -> list[Configuration]:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        found: list[Configuration] = []
        while len(found) < count:
            storage = JournalStorage(SingleWriterJournal(tmp_path / study))
            opened = optuna.create_study(study_name="s", storage=storage, load_if_exists=True)
            opened.sampler = make_sampler(sampler, continuous, 3)
            proposals = Proposals(opened, continuous, exhaustive=False, seed=3)
            for _ in range(5 if killed else count):
                trial, configuration = proposals.next() or pytest.fail("nothing proposed")
                opened.tell(trial, float(str(configuration["lr"])) ** 2)
                found.append(configuration)
            if killed and sampler not in ("qmc", "cmaes"):  # a proposal that is lost, they count
                opened.ask({"lr": optuna.distributions.FloatDistribution(0.001, 1.0, log=True)})  # killed just then
                opened.tell(len(opened.get_trials()) - 1, state=optuna.trial.TrialState.FAIL)
        return found

    assert search("killed", 20, killed=True) == search("whole", 20, killed=False)


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_every_sampler_ends_with_a_finite_space(sampler: str, finite: Space) -> None:
    study = optuna.create_study(sampler=make_sampler(sampler, finite, 0))
    proposals = Proposals(study, finite, exhaustive=False, seed=0)
    count = 0
    while proposed := proposals.next():
        study.tell(proposed[0], float(count))
        count += 1
    assert count == 6


def test_a_configuration_is_recognized_in_any_order() -> None:
    assert key({"a": 1, "b": 2.0}) == key({"b": 2.0, "a": 1})
    assert key({"a": 1}) != key({"a": True}) != key({"a": "1"})


def test_trials_share_the_distributions_of_their_parameters(continuous: Space, tmp_path: Path) -> None:
    """Read anew for each they would be most of what a trial takes in memory, also when a search is resumed."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    for trials in (3, 6):
        storage = JournalStorage(SingleWriterJournal(tmp_path / "study.journal"))
        study = optuna.create_study(storage=storage, study_name="s", load_if_exists=True)
        proposals = Proposals(study, continuous, exhaustive=False, seed=0)
        all_of(proposals, limit=3)
        kept = study.get_trials(deepcopy=False)
        assert len(kept) == trials
        assert len({id(trial.distributions["lr"]) for trial in kept}) == 1


def test_a_model_that_is_avoided_is_not_proposed_while_there_are_others(make_study: MakeStudy) -> None:
    rate = SpaceParameter("lr", Float(0.001, 1.0, log=True), 0.01)
    space = Space((SpaceParameter("model", Choice("slow", "fast"), "slow"), rate))
    for sampler in ("random", "blend"):
        study = make_study()
        study.sampler = make_sampler(sampler, space, seed=0, objectives=1)
        proposals = Proposals(study, space, exhaustive=False, seed=0)
        found = [proposals.next({"slow"} if number else ()) for number in range(20)]
        models = [proposed[1]["model"] for proposed in found if proposed]
        assert models == ["slow", *["fast"] * 19]


def test_what_is_avoided_is_proposed_where_there_is_nothing_else_and_on_a_grid(
    make_study: MakeStudy, finite: Space
) -> None:
    found = []
    proposals = Proposals(make_study(), finite, exhaustive=False, seed=0)
    while proposed := proposals.next({"b"}):
        found.append(proposed[1])
    assert sorted(map(key, found)) == sorted(map(key, finite.grid()))
    grid = Proposals(make_study(), finite, exhaustive=True, seed=0)
    in_order = [grid.next({"b", "c"}) for _ in range(6)]
    assert [proposed and proposed[1] for proposed in in_order] == list(finite.grid())
