"""The run of one look at a registered model's new data: `automl monitor`."""

from collections.abc import Mapping
from pathlib import Path

from automl.tracking import names
from automl.tracking.experiment import open_experiment
from automl.tracking.markdown import escape
from automl.tracking.store import Store
from automl.tracking.update import RunUpdate, now, points

EXPERIMENT = "automl monitoring"
"""Apart from the domains' experiments, whose leaderboards such runs would clutter."""


def record_monitoring(store: Store, model: str, note: str, figures: Mapping[str, float], files: Path) -> None:
    """Writes it.

    Args:
        model: NAME/VERSION.
        note: What was found, in plain words.
        files: A folder whose files the run gets.
    """
    client, (name, _, version) = store.client(), model.partition("/")
    tags = {
        names.ROLE: names.MONITORING,
        names.MODEL: name,
        names.VERSION: version,
        names.USER: names.user_name(),
        names.SOURCE: "automl monitor",
        names.SOURCE_TYPE: "LOCAL",
        names.NOTE: escape(note),
    }
    experiment_id = open_experiment(client, EXPERIMENT, store.artifact_location)
    client.set_experiment_tag(experiment_id, names.EXPERIMENT_KIND, "custom_model_development")
    run_id = client.create_run(experiment_id, now(), tags, model.replace("/", " ")).info.run_id
    RunUpdate(metrics=points(figures, 0)).write(client, run_id)
    client.log_artifacts(run_id, str(files))
    client.set_terminated(run_id, "FINISHED", now())
