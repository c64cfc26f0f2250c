"""Registering a model's version, and whether it becomes the champion."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from automl.errors import UserError
from automl.registry.page import describe
from automl.tracking import names
from automl.tracking.store import Store

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Where a model came from and how good it is; the version's page says it.

    Args:
        search: Name of the search.
        trial: The trial's run name ("017 resnet").
        components: What it is made of ("resnet + hflip").
        data: Name of the data set.
        data_digest: Fingerprint of the data and its split: figures are compared only where it is the same.
        validation: Metrics on the validation set.
        test: Metrics on the test set, which was read once. intervals: Of some of them, the ends of a 95 % interval.
        baseline: Metrics of the trivial baseline on the validation set.
        test_baseline: Metrics of the trivial baseline on the test set. test_default: Of the default configuration.
        seeds: Seeds that it was trained with.
        notes: Sentences on how it was chosen, such as its gain over the default.
    """

    search: str
    trial: str
    components: str
    data: str
    data_digest: str
    validation: Mapping[str, float]
    test: Mapping[str, float] = field(default_factory=dict)
    baseline: Mapping[str, float] = field(default_factory=dict)
    test_baseline: Mapping[str, float] = field(default_factory=dict)
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    test_default: Mapping[str, float] = field(default_factory=dict)
    seeds: Sequence[int] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Registered:
    """A version in the registry: which alias it got, and why (one sentence or two, for a person)."""

    name: str
    version: str
    alias: str
    reason: str


def check_name(name: str) -> None:
    """Raises a UserError where a name can't be a registered model's. Cheap: call it before the search."""
    if not name.strip() or any(sign in name for sign in "/:@"):
        raise UserError(
            f"A registered model can't be named {name!r}: the name must hold a letter, and none of '/', ':' and '@'.",
            hint="Choose a name such as medical_imaging.",
        )


def register(
    store: Store,
    *,
    model_uri: str,
    run_id: str,
    name: str,
    metric: str,
    minimize: bool,
    value: float,
    baseline: float,
    evidence: Evidence,
) -> Registered:
    """Adds a version and gives it an alias: `champion` where it beats the baseline and the champion, else `challenger`.

    A search may have been killed while it registered its winner, or just after. So a version of the same model, judged
    by the same figure, isn't added again: it is that one.

    Args:
        store: Where the model is.
        model_uri: What `log_model` returned.
        run_id: The run that trained it.
        name: The registered model's name, the domain's; made if it isn't there.
        metric: The validation metric that decides.
        minimize: Whether the smallest value is the best.
        value: The model's, on the validation set.
        baseline: The trivial baseline's, on the validation set.
        evidence: For the version's page.

    Raises:
        UserError: The name can't be a registered model's, or the store can't be used.
    """
    check_name(name)
    client = store.client()
    with store.lock("registry"):  # An alias is set by the last writer: two searches must not both read, then set.
        judged = {
            names.VERSION_METRIC: metric,
            names.VERSION_VALUE: f"{value:.6g}",
            names.VERSION_DATA: evidence.data_digest,
        }
        before = _before(client, name, model_uri, judged)
        if before and before.aliases:
            return Registered(name, str(before.version), before.aliases[0], before.tags[names.VERSION_REASON])
        champion = _champion(client, name)
        better, reason = _compare(champion, metric, minimize, value, baseline, evidence.data_digest)
        alias = names.CHAMPION if better else names.CHALLENGER
        if before:  # killed before it had an alias
            version = str(before.version)
        else:
            tags = judged | {names.VERSION_REASON: reason, names.VERSION_USER: names.user_name()}
            text = describe(metric, reason, evidence)
            version = _add_version(client, name, model_uri, run_id, tags, text)
        if not better:
            reason += f" To promote it all the same: give version {version} the alias `champion` on the model's page."
        _set_alias(client, name, version, alias, champion)
    return Registered(name, version, alias, reason)


def _before(client: "MlflowClient", name: str, model_uri: str, judged: Mapping[str, str]) -> "ModelVersion | None":
    """The version of that model which was judged so, where there is one already."""
    for found in client.search_model_versions(f"name = '{name}' AND source_path = '{model_uri}'"):
        if judged.items() <= found.tags.items():
            return client.get_model_version(name, found.version)  # which knows its aliases
    return None


def _champion(client: "MlflowClient", name: str) -> "ModelVersion | None":
    from mlflow.exceptions import MlflowException

    try:
        return client.get_model_version_by_alias(name, names.CHAMPION)
    except MlflowException as error:
        # No such model is RESOURCE_DOES_NOT_EXIST, no such alias INVALID_PARAMETER_VALUE.
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise


def _compare(
    champion: "ModelVersion | None", metric: str, minimize: bool, value: float, baseline: float, digest: str
) -> tuple[bool, str]:
    """Whether the value deserves the champion's place, and why."""
    sign = -1 if minimize else 1
    what = f"{metric} {value:.4g}"
    if not math.isfinite(value):
        return False, f"Its {metric} is no finite number."
    if not sign * value > sign * baseline:
        return False, f"{what} doesn't beat the trivial baseline's {baseline:.4g}."
    if champion is None:
        return True, f"{what} beats the trivial baseline's {baseline:.4g}, and there was no champion."
    theirs = champion.tags.get(names.VERSION_METRIC)
    if theirs != metric or champion.tags.get(names.VERSION_DATA) != digest:
        judged = "on other data" if theirs == metric else f"by {theirs or 'no metric of ours'}"
        return False, f"The champion, version {champion.version}, was judged {judged}: {what} can't be compared."
    best = float(champion.tags[names.VERSION_VALUE])
    # Compared as it is kept, or the same model would beat itself by its last digits.
    if sign * float(f"{value:.6g}") > sign * best:
        return True, f"{what} beats the champion's {best:.4g} (version {champion.version})."
    return False, f"{what} doesn't beat the champion's {best:.4g} (version {champion.version})."


def _add_version(
    client: "MlflowClient", name: str, model_uri: str, run_id: str, tags: dict[str, str], description: str
) -> str:
    """`mlflow.register_model` with a description, and without what it prints."""
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name, description=f"The best models that automl found for {name}.")
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    model_id = model_uri.removeprefix("models:/")
    created = client.create_model_version(
        name, model_uri, run_id, tags=tags, description=description, model_id=model_id
    )
    # What links the model's page to its version in the user interface.
    entry = {"name": name, "version": created.version}
    client.set_logged_model_tags(model_id, {"mlflow.modelVersions": json.dumps([entry])})
    return str(created.version)


def _set_alias(client: "MlflowClient", name: str, version: str, alias: str, champion: "ModelVersion | None") -> None:
    if alias == names.CHAMPION and champion is not None:
        client.set_registered_model_alias(name, names.PREVIOUS, champion.version)
    client.set_registered_model_alias(name, alias, version)
