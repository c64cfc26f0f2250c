"""The contract: which checks are run on which kind of component, in this order."""

from automl.components import Component
from automl.testing import augmentations, common, cost, estimators, models, regularizers
from automl.testing.check import Check, Function

_FIRST = (common.imports, common.documented, common.own_name, common.limits)
_LAST = (common.draws, common.trains, common.same_seed, common.ships, common.accelerator, cost.cost)
_OWN: dict[str, tuple[Function, ...]] = {
    "model": (models.gradients, models.one_sample, models.sizes, models.memory_format, models.state),
    "augmentation": (
        augmentations.shape,
        augmentations.one_sample,
        augmentations.memory_format,
        augmentations.pixels,
        augmentations.cells,
        augmentations.tokens,
        augmentations.targets,
        augmentations.arguments_kept,
        augmentations.per_sample,
        augmentations.evaluation,
    ),
    "regularizer": (
        regularizers.hooks,
        regularizers.finite,
        regularizers.neutral,
        regularizers.state,
        regularizers.resumes,
        regularizers.live,
    ),
}

_OF_ESTIMATORS: tuple[Function, ...] = (
    estimators.predicts,
    estimators.sizes,
    estimators.rounds,
    estimators.resumes,
    estimators.draws,
    estimators.trains,
    estimators.same_seed,
)

CHECKS = {
    kind: {function.__name__: Check(function) for function in (*_FIRST, *own, *_LAST)} for kind, own in _OWN.items()
}
"""Kind of component -> name -> check."""

ESTIMATOR_CHECKS = {function.__name__: Check(function) for function in (*_FIRST, *_OF_ESTIMATORS)}
"""The same for models that fit themselves."""


def checks_of(component: Component) -> dict[str, Check]:
    """Those that a component is checked by."""
    return ESTIMATOR_CHECKS if component.fits_itself else CHECKS[component.kind]
