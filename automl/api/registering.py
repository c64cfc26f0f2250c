"""A tested model goes to the registry, with all that it is judged by there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from automl.api.tested import Scores, Setting, Tested
from automl.components import catalog_with
from automl.config.home import readings_in
from automl.evaluation import baseline_predictions, score
from automl.evaluation.gates import GROUP_GAP, SENSITIVITY, group_gap, sensitivity
from automl.evaluation.groups import Comparison
from automl.evaluation.sample import labels_of
from automl.space import chosen_components
from automl.tracking import Store

if TYPE_CHECKING:
    from automl.components import PluginSource
    from automl.data import Dataset
    from automl.registry import Evidence, Registered


def baseline(data: Dataset, targets: Any) -> Scores:
    """Metrics of the trivial baseline on `targets`."""
    trivial = baseline_predictions(data.task, data.train.targets, len(labels_of(targets)))
    return score(trivial, targets, data.task)


def evidence_of(
    setting: Setting,
    tested: Tested,
    bundle: Path,
    *,
    search: str,
    trial: str,
    components: str,
    validation: Scores,
    test_default: Mapping[str, float] | None = None,
    seeds: Sequence[int],
    notes: Sequence[str],
    groups: Sequence[Comparison] = (),
    training: Sequence[str],
) -> Evidence:
    """What the registry keeps of a model; arguments as in `Evidence`."""
    from automl.registry import Evidence

    data, experiment = setting.data, setting.experiment
    gap = group_gap(groups)
    known = {} if gap is None else {GROUP_GAP: gap}
    if data.task.is_classification:
        known[SENSITIVITY] = sensitivity(tested.predictions, data.test.targets, tested.adjustment.threshold)
    return Evidence(
        search=search,
        trial=trial,
        components=components,
        data=data.name,
        data_digest=data.digest,
        test_digest=data.test_digest or data.digest,
        task=data.task.kind,
        metric=setting.metric.name,
        validation=validation,
        test=tested.scores,
        intervals={name: (figure.low, figure.high) for name, figure in tested.figures.items()},
        test_default=test_default or {},
        baseline=baseline(data, data.val.targets),
        test_baseline=baseline(data, data.test.targets),
        figures=tested.costs | known,
        gates=experiment.gates,
        seeds=seeds,
        notes=notes,
        purpose=experiment.description,
        classes=data.task.class_names,
        target=str(getattr(data.report, "target", "")),
        rows={"train": len(data.train), "val": len(data.val), "test": len(data.test)},
        groups=tuple(map(str, groups)),
        training=training,
        code=_code(bundle, setting.plugins),
    )


def register_tested(
    setting: Setting, store: Store, tested: Tested, evidence: Evidence, bundle: Path, run_id: str, *, by: str
) -> Registered:
    """Packs it with a profile of its data, and registers it under the domain's name."""
    from automl.monitoring import profile_of, write_profile
    from automl.registry import Rows, log_model, register
    from automl.training.trained import TrainedModel

    model, data = TrainedModel.load(bundle, readings_in(store.home)), setting.data
    held_out = (data.test,) if data.folds is not None else (data.val, data.test)
    rows = data.train.inputs, [split.inputs for split in held_out], data.test.inputs
    write_profile(bundle, profile_of(model, *rows, tested.predictions, tested.energies))
    tested_rows = Rows(tested.predictions.astype(np.float32), data.test.targets, evidence.test_digest)
    return register(
        store,
        model_uri=log_model(store, run_id=run_id, bundle=bundle),
        run_id=run_id,
        name=setting.experiment.domain,
        evidence=evidence,
        rows=tested_rows,
        by=by,
    )


def _code(bundle: Path, plugins: Iterable[PluginSource]) -> list[str]:
    """What a model is made of, with where its methods and its code come from."""
    from automl.training.bundle import read_bundle

    catalog = catalog_with(plugins)
    keys = dict.fromkeys(key for part in read_bundle(bundle).parts for key in chosen_components(part.configuration))
    found = (catalog.get(*key) for key in keys)
    return [f"The {one.kind} {one.name}: {one.about} ({one.provenance})" for one in found]
