"""Adding a version to a registered model: its files, tags and card."""

from __future__ import annotations

import json
import math
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from automl.errors import UserError
from automl.registry.card import CARD, card, description
from automl.registry.evidence import FOLDER, Evidence, Rows, write_evidence
from automl.registry.gate import PASSED, check_gates, passes, verdict
from automl.tracking import names

if TYPE_CHECKING:
    from mlflow import MlflowClient


def check_name(name: str) -> None:
    """Raises a UserError where a name can't be a registered model's. Cheap: call it before the search."""
    if not name.strip() or any(sign in name for sign in "/:@"):
        raise UserError(
            f"A registered model can't be named {name!r}: the name must hold a letter, and none of '/', ':' and '@'.",
            hint="Choose a name such as medical_imaging.",
        )


def find_added(client: MlflowClient, name: str, model_uri: str, evidence: Evidence) -> str | None:
    """The version of that model with that figure, where there is one already."""
    known = _tags(evidence)
    for found in client.search_model_versions(f"name = '{name}' AND source_path = '{model_uri}'"):
        if known.items() <= found.tags.items():
            return str(found.version)
    return None


def add_version(client: MlflowClient, name: str, model_uri: str, run_id: str, evidence: Evidence, rows: Rows) -> str:
    """`mlflow.register_model` with all that is known of it, and without what it prints. Gives the version's number.

    Raises:
        UserError: The name can't be a registered model's.
    """
    from mlflow.exceptions import MlflowException

    check_name(name)
    try:
        client.create_registered_model(name, description=f"The best models that automl found for {name}.")
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    model_id = model_uri.removeprefix("models:/")
    with TemporaryDirectory() as folder:
        (Path(folder) / CARD).write_text(card(evidence), encoding="utf-8")
        write_evidence(Path(folder) / FOLDER, evidence, rows)
        client.log_model_artifacts(model_id, folder)
    tags = _tags(evidence) | {names.VERSION_USER: names.user_name()}
    created = client.create_model_version(
        name, model_uri, run_id, tags=tags, description=description(evidence), model_id=model_id
    )
    # What links the model's page to its version in the user interface.
    entry = {"name": name, "version": created.version}
    client.set_logged_model_tags(model_id, {"mlflow.modelVersions": json.dumps([entry])})
    return str(created.version)


def _tags(evidence: Evidence) -> dict[str, str]:
    value, ends = evidence.test.get(evidence.metric, math.nan), evidence.intervals.get(evidence.metric)
    checks = check_gates(evidence)
    between = f" ({ends[0]:.3f} to {ends[1]:.3f})" if ends else ""
    return {
        names.VERSION_METRIC: evidence.metric,
        names.VERSION_VALUE: f"{value:.6g}{between}" if math.isfinite(value) else "",
        names.VERSION_DATA: evidence.test_digest,
        names.VERSION_GATE: PASSED if passes(checks) else verdict(checks),
    }
