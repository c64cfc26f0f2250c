"""The engine's own parameters, `training.*`, declared like a component's: a signature is a space."""

from dataclasses import dataclass
from typing import Annotated, Literal

from automl.components import Float, Int

FOR_ALL = ("class_weights", "epochs")
"""Those that also hold for a model that fits itself."""


@dataclass(frozen=True)
class TrainingSettings:
    """How a trial is trained.

    Args:
        optimizer: `sgd` has Nesterov momentum; `adamw` is Loshchilov and Hutter (2019).
        lr: Peak learning rate.
        momentum: Of `sgd`.
        batch_size: Images per step.
        schedule: `cosine` falls to zero over the epochs, `plateau` drops by 0.3 when the validation metric hasn't
            improved for 3 epochs; each starts with one epoch of linear warm-up.
        class_weights: `balanced` weighs classes by the inverse of their frequency in the loss.
        epochs: At most; the best one on validation counts. A model that fits itself does its rounds in so many parts.
    """

    optimizer: Literal["adamw", "sgd"] = "adamw"
    lr: Annotated[float, Float(1e-4, 1.0, log=True)] = 3e-3
    momentum: Annotated[float, Float(0.0, 0.99, when={"optimizer": "sgd"})] = 0.9
    batch_size: Annotated[int, Int(4, 4096, log=True)] = 64
    schedule: Literal["cosine", "plateau", "constant"] = "cosine"
    class_weights: Literal["none", "balanced"] = "none"
    epochs: Annotated[int, Int(1, 1000, log=True)] = 20
