import math
from dataclasses import dataclass, field
from typing import Any

from automl.tracking.update import RunUpdate, cut, points


@dataclass
class RecordingClient:
    """Takes the place of MLflow's, and keeps what it is given."""

    batches: list[tuple[int, int, int]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    params: list[Any] = field(default_factory=list)

    def log_batch(self, run_id: str, metrics: list[Any], params: list[Any], tags: list[Any]) -> None:
        self.batches.append((len(metrics), len(params), len(tags)))
        self.params += params
        self.calls.append("batch")

    def set_terminated(self, run_id: str, status: str, end_time: int) -> None:
        self.calls.append(status)


def test_infinite_and_missing_values_are_not_recorded() -> None:
    kept = points({"loss": math.nan, "high": math.inf, "low": -math.inf, "lr": 0.1}, 3)
    assert [(name, value, step) for name, value, _, step in kept] == [("lr", 0.1, 3)]


def test_updates_of_one_run_are_written_together() -> None:
    first = RunUpdate(metrics=points({"loss": 2.0}, 1), tags={"state": "running"}, created=7)
    second = RunUpdate(metrics=points({"loss": 1.0}, 2), tags={"state": "finished"}, ended=("FINISHED", 9))
    both = first.followed_by(second)
    assert [value for _, value, _, _ in both.metrics] == [2.0, 1.0]
    assert both.tags == {"state": "finished"}
    assert (both.created, both.ended) == (7, ("FINISHED", 9))


def test_an_end_is_not_forgotten_by_what_follows() -> None:
    assert RunUpdate(ended=("FAILED", 9)).followed_by(RunUpdate(tags={"note": "x"})).ended == ("FAILED", 9)


def test_no_batch_exceeds_mlflows_limits() -> None:
    client = RecordingClient()
    update = RunUpdate(
        metrics=tuple(("loss", 1.0, 0, step) for step in range(2500)),
        params={f"p{index}": "1" for index in range(250)},
        tags={f"t{index}": "1" for index in range(20)},
    )
    update.write(client, "id")  # type: ignore[arg-type]
    assert [sum(counts) for counts in zip(*client.batches, strict=True)] == [2500, 250, 20]
    for batch in client.batches:
        assert sum(batch) <= 1000
        assert max(batch[1:]) <= 100


def test_a_run_ends_after_everything_else_is_written() -> None:
    client = RecordingClient()
    update = RunUpdate(
        tags={"a": "b"}, ended=("FINISHED", 1), actions=(lambda _, run_id: client.calls.append(f"file of {run_id}"),)
    )
    update.write(client, "id")  # type: ignore[arg-type]
    assert client.calls == ["batch", "file of id", "FINISHED"]


def test_a_parameter_too_long_for_mlflow_is_cut() -> None:
    client = RecordingClient()
    RunUpdate(params={"long": "x" * 7000}).write(client, "id")  # type: ignore[arg-type]
    assert len(client.params[0].value) == 6000
    assert client.params[0].value.endswith("...")


def test_short_text_is_left_alone() -> None:
    assert cut("abc", 3) == "abc"
