"""What a run gets that fits into no batch: what data it is on, files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from automl.tracking import names
from automl.tracking.update import Action

if TYPE_CHECKING:
    from mlflow import MlflowClient


def with_data(name: str, digest: str, source: str, profile: Mapping[str, object]) -> Action:
    """Says which data a run is on, see `Tracker.dataset`."""

    def action(client: MlflowClient, run_id: str) -> None:
        from mlflow.entities import Dataset, DatasetInput, InputTag

        origin = json.dumps({"uri": source})
        data = Dataset(name, digest[:12], "local", origin, profile=json.dumps(dict(profile), default=str))
        client.log_inputs(run_id, [DatasetInput(data, [InputTag(names.DATA_CONTEXT, "search")])])

    return action


def with_file(content: Path | str, name: str) -> Action:
    """Adds a file or a folder, see `Tracker.artifact`."""

    def action(client: MlflowClient, run_id: str) -> None:
        if isinstance(content, Path):
            client.log_artifact(run_id, str(content), name or None)
        else:
            client.log_text(run_id, content, name)

    return action
