"""Which version of a registered model is its champion: registering, promoting, rolling back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from automl.config import home_option
from automl.errors import UserError
from automl.registry import history
from automl.registry.add import add_version, find_added
from automl.registry.evidence import Evidence, Rows
from automl.registry.gate import Check, Exhibit, judge, passes, verdict
from automl.registry.history import Action, Decision
from automl.registry.locking import deciding
from automl.registry.resolve import connect, find_version, require_model
from automl.registry.versions import Version, best_challenger, champion_of, exhibit, read_versions
from automl.tracking import names
from automl.tracking.store import Store
from automl.tracking.update import now

if TYPE_CHECKING:
    from mlflow import MlflowClient

Measure = Callable[[str], Rows]
"""What a version, by its number, predicts for labelled rows."""


@dataclass(frozen=True)
class Registered:
    """A version in the registry.

    Args:
        alias: The first that it has; "" where it has none.
        reason: Why it became champion, or didn't; one sentence or two, for a person.
    """

    name: str
    version: str
    alias: str
    reason: str

    def __str__(self) -> str:
        """In a line."""
        return (
            f"{self.name} version {self.version}, {f'alias {self.alias}' if self.alias else 'no alias'}: {self.reason}"
        )

    @property
    def reference(self) -> str:
        """What to call it: NAME@ALIAS, or NAME/VERSION."""
        return f"{self.name}@{self.alias}" if self.alias else f"{self.name}/{self.version}"


def register(
    store: Store, *, model_uri: str, run_id: str, name: str, evidence: Evidence, rows: Rows, by: str = "automl search"
) -> Registered:
    """Adds a version, which becomes champion where it passes the gate.

    A search may have been killed while it registered its winner, or just after. So a version of the same model with the
    same figure isn't added again, and what was decided on it isn't decided again.

    Args:
        store: Where the model is.
        model_uri: What `log_model` returned.
        run_id: The run that trained it.
        name: The registered model's name, the domain's; made if it isn't there.
        evidence, rows: What it is judged by, now and later: both are kept with it.
        by: The command, for the audit trail.

    Raises:
        UserError: The name can't be a registered model's, or the store can't be used.
    """
    client = store.client()
    number = find_added(client, name, model_uri, evidence) or add_version(
        client, name, model_uri, run_id, evidence, rows
    )
    for decision in history.read_history(client, name):
        if decision.version == number and decision.done:
            return _registered(client, decision)
    decision = _decide(store, client, name, number, by=by)
    found = _registered(client, decision)
    if decision.action != "refused":
        return found
    force = f"automl models promote {name} {number} --force --reason WHY{home_option(store.home)}"
    return replace(found, reason=f"{found.reason} To promote it all the same: {force}")


def promote(
    store: Store, name: str, number: str, *, force: bool = False, reason: str = "", measure: Measure | None = None
) -> tuple[Decision, tuple[Check, ...]]:
    """Makes a version champion where it passes the gate, or is forced through it. Either is written down.

    Args:
        force: Whether it becomes champion even where it doesn't pass.
        reason: Why, in the words of who forces it; needed then.
        measure: Predictions to compare it with the champion by; None: those for test, which are kept.

    Raises:
        UserError: There is no such version, it is the champion, or it is forced without a reason.
    """
    if force and not reason.strip():
        raise UserError("--force needs a --reason: it is what others will find.", hint='Add --reason "..."')
    version, client = find_version(store, f"{name}/{number}"), connect(store)
    if names.CHAMPION in version.aliases:
        raise UserError(f"{name}/{number} is the champion.", hint=f"`automl models show {name}` lists the versions.")
    decision = _decide(
        store, client, name, number, by="automl models promote", force=reason.strip() if force else "", measure=measure
    )
    return decision, tuple(history.read_checks(client, decision))


def rollback(store: Store, name: str, *, reason: str = "") -> Decision:
    """Makes the version champion that was it before the present one.

    Raises:
        UserError: There is no such model, or none was champion before.
    """
    client = connect(store)
    require_model(client, name)
    with deciding(store, client, name):
        versions = read_versions(client, name)
        champion, back = champion_of(versions), next((v for v in versions if names.PREVIOUS in v.aliases), None)
        if champion is None or back is None:
            raise UserError(
                f"There is nothing to roll {name} back to: no version was champion before.",
                hint=f"`automl models history {name}` tells what was decided.",
            )
        told = reason.strip() or f"Back to version {back.number}, which was champion before."
        return _carry_out(store, client, back, champion, "rolled back", told, (), "automl models rollback", versions)


def _decide(
    store: Store,
    client: MlflowClient,
    name: str,
    number: str,
    *,
    by: str,
    force: str = "",
    measure: Measure | None = None,
) -> Decision:
    """Judges before anybody has to wait, and again where there is another champion by then."""
    candidate = _measured(exhibit(client, name, number), measure)
    while True:
        champion = champion_of(read_versions(client, name))
        checks = judge(candidate, _measured(_present(client, name, champion), measure) if champion else None)
        with deciding(store, client, name):
            versions = read_versions(client, name)
            present = champion_of(versions)
            if (present and present.number) != (champion and champion.number):
                continue
            version = next(version for version in versions if version.number == number)
            passed = passes(checks)
            action: Action = "promoted" if passed else "forced" if force else "refused"
            reason = f"{force} (The gate: {verdict(checks)})" if action == "forced" else verdict(checks)
            return _carry_out(store, client, version, present, action, reason, checks, by, versions)


def _present(client: MlflowClient, name: str, champion: Version) -> Exhibit:
    """The champion as far as it is there: what has lost its files can't be compared, and doesn't keep others from being
    registered."""
    try:
        return exhibit(client, name, champion.number)
    except UserError:
        return Exhibit(champion.number, None)


def _measured(found: Exhibit, measure: Measure | None) -> Exhibit:
    return replace(found, rows=measure(found.version)) if measure else found


def _carry_out(
    store: Store,
    client: MlflowClient,
    version: Version,
    champion: Version | None,
    action: Action,
    reason: str,
    checks: tuple[Check, ...],
    by: str,
    versions: list[Version],
) -> Decision:
    """Writes the decision down, and sets aliases."""
    past = history.read_history(client, version.name)
    now.follow(max((one.time for one in past), default=0) + 1)  # by a machine whose clock is ahead, say
    decision = history.begin(
        store,
        client,
        model=version.name,
        version=version.number,
        action=action,
        before=champion.number if champion else "",
        reason=reason,
        checks=checks,
        by=by,
    )
    present = champion if action == "refused" else version
    if action != "refused":
        line = history.champions([*past, replace(decision, done=True)])
        known = {one.number for one in versions}
        _set(client, version.name, names.PREVIOUS, next((n for n in reversed(line[:-1]) if n in known), None))
        _set(client, version.name, names.CHAMPION, version.number)
    challenger = best_challenger(versions, present)
    _set(client, version.name, names.CHALLENGER, challenger.number if challenger else None)
    history.end(client, decision)
    return replace(decision, done=True)


def _set(client: MlflowClient, name: str, alias: str, number: str | None) -> None:
    """Moves an alias, or takes it away."""
    if number is not None:
        client.set_registered_model_alias(name, alias, number)
    elif alias in client.get_registered_model(name).aliases:
        client.delete_registered_model_alias(name, alias)


def _registered(client: MlflowClient, decision: Decision) -> Registered:
    aliases = client.get_model_version(decision.model, decision.version).aliases
    return Registered(decision.model, decision.version, min(aliases, default=""), decision.reason)
