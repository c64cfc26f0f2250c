"""What the data needs from a model."""

from dataclasses import dataclass

TASK_KINDS = ("image-classification", "image-regression")


@dataclass(frozen=True, kw_only=True)
class Task:
    """The contract between data and components.

    Args:
        kind: One of `TASK_KINDS`.
        num_outputs: Width of the model's output: the classes' logits, or the regression targets.
        class_names: One name per class, in the order of the outputs; empty for regression.
        input_shape: (C, H, W) of one image.
    """

    kind: str
    num_outputs: int
    input_shape: tuple[int, int, int]
    class_names: tuple[str, ...] = ()

    @property
    def num_classes(self) -> int:
        """Number of classes; 0 for regression."""
        return len(self.class_names)

    @property
    def is_classification(self) -> bool:
        return self.kind.endswith("classification")
