"""The audit trail: each promotion, refusal and rollback is a run of its own in MLflow, with its evidence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from automl.registry.gate import Check
from automl.tracking import names
from automl.tracking.experiment import open_experiment
from automl.tracking.markdown import escape
from automl.tracking.store import Store
from automl.tracking.update import now

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

EXPERIMENT = "automl registry"
"""Where decisions are: apart from the domains' experiments, whose leaderboards they would clutter. No domain can be
called so."""

Action = Literal["promoted", "refused", "forced", "rolled back"]
_GATE = "gate.json"
_ABOUT = "Decisions on registered models: who promoted what, when and why. Each run holds its gate's figures."


@dataclass(frozen=True)
class Decision:
    """What was decided on a version.

    Args:
        before: The version that was champion; "" where there was none.
        reason: In a sentence or more; of a forced one, in the words of who did.
        user: Who has decided, or whose search has. time: when, in ms since the epoch.
        done: Whether its aliases were set; not, where it was killed on the way.
    """

    model: str
    version: str
    action: Action
    before: str
    reason: str
    user: str
    time: int
    run_id: str = ""
    done: bool = True


def begin(
    store: Store,
    client: MlflowClient,
    *,
    model: str,
    version: str,
    action: Action,
    before: str,
    reason: str,
    checks: Sequence[Check],
    by: str,
) -> Decision:
    """Writes a decision down before it is carried out; `end` says that it was.

    Args:
        by: The command.
    """
    from mlflow.entities import RunTag

    made, user = now(), names.user_name()
    tags = {
        names.ROLE: names.DECISION,
        names.MODEL: model,
        names.VERSION: version,
        names.ACTION: action,
        names.BEFORE: before,
        names.REASON: reason,
        names.USER: user,
        names.SOURCE: by,
        names.SOURCE_TYPE: "LOCAL",
        names.NOTE: _note(model, version, action, before, reason, checks),
    }
    experiment_id = open_experiment(client, EXPERIMENT, store.artifact_location)
    kind = {names.EXPERIMENT_KIND: "custom_model_development", names.NOTE: _ABOUT}
    for key, value in kind.items():
        client.set_experiment_tag(experiment_id, key, value)
    run_id = client.create_run(experiment_id, made, {}, f"{model} {version} {action}").info.run_id
    client.log_batch(run_id, tags=[RunTag(key, value[:8000]) for key, value in tags.items()])
    client.log_text(run_id, json.dumps([asdict(check) for check in checks], indent=2), _GATE)
    return Decision(model, version, action, before, reason, user, made, run_id, done=False)


def end(client: MlflowClient, decision: Decision) -> None:
    client.set_terminated(decision.run_id, "FINISHED", now())


def read_history(client: MlflowClient, model: str) -> list[Decision]:
    """The decisions on a registered model, the oldest first."""
    found = client.get_experiment_by_name(EXPERIMENT)
    if found is None:
        return []
    runs: list[Run] = []
    token = None
    while True:
        condition = f"tags.`{names.MODEL}` = '{model}'"
        page = client.search_runs([found.experiment_id], condition, max_results=1000, page_token=token)
        runs += page
        token = page.token
        if not token:
            return sorted(map(_decision, runs), key=lambda decision: decision.time)


def read_checks(client: MlflowClient, decision: Decision) -> list[Check]:
    """What its gate has found."""
    from mlflow.artifacts import load_text

    uri = client.get_run(decision.run_id).info.artifact_uri
    return [Check(**check) for check in json.loads(load_text(f"{uri}/{_GATE}"))]


def champions(history: Sequence[Decision]) -> list[str]:
    """The versions that were champion one after the other, the present one last; none that was rolled back."""
    line: list[str] = []
    for decision in history:
        if not decision.done or decision.action == "refused":
            continue
        if decision.before and decision.before not in line[-1:]:  # set by hand, or before there was a history
            line.append(decision.before)
        if decision.action == "rolled back":
            line.pop()
        if decision.version not in line[-1:]:
            line.append(decision.version)
    return line


def _decision(run: Run) -> Decision:
    tags = run.data.tags
    action: Action = tags[names.ACTION]
    return Decision(
        tags[names.MODEL],
        tags[names.VERSION],
        action,
        tags[names.BEFORE],
        tags[names.REASON],
        tags[names.USER],
        run.info.start_time,
        run.info.run_id,
        run.info.status == "FINISHED",
    )


def _note(model: str, version: str, action: str, before: str, reason: str, checks: Sequence[Check]) -> str:
    lines = [f"{model} version {version} {action}.", "", escape(reason)]
    lines += ["", f"Champion before: version {before}." if before else "There was no champion before."]
    lines += ["", "| check | passed | found |", "| --- | --- | --- |"] if checks else []
    lines += [f"| {escape(c.name)} | {'yes' if c.passed else 'no'} | {escape(c.text)} |" for c in checks]
    return "\n".join(lines)
