"""What the data needs from a model."""

from collections.abc import Sequence
from dataclasses import dataclass

from automl.errors import unknown

TASK_KINDS = (
    "image-classification",
    "image-regression",
    "table-classification",
    "table-regression",
    "text-classification",
    "token-classification",
)
FAMILIES = tuple(dict.fromkeys(kind.partition("-")[0] for kind in TASK_KINDS))
"""What the inputs are: image, table, text; token: texts, too, whose words have a class each."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """The contract between data and components.

    Args:
        kind: One of `TASK_KINDS`.
        num_outputs: Width of the model's output: the classes' logits, or the regression targets.
        class_names: One name per class, in the order of the outputs; empty for regression. Of words: O, then of each
            type of entities B- for its first word and I- for the others.
        input_shape: (C, H, W) of an image, (F,) of a table's row: `num_numeric` numbers, then a code per category;
            (T,) of a text, the tokens that it is cut to.
        num_numeric: How many of a row's values are numbers.
        category_sizes: How many codes each of the other columns has; 0 is a missing value, 1 a rare or unseen one.
        vocabulary_size: How many tokens a text is made of; 0 is the padding, 1 an unseen one.
    """

    kind: str
    num_outputs: int
    input_shape: tuple[int, ...]
    class_names: tuple[str, ...] = ()
    num_numeric: int = 0
    category_sizes: tuple[int, ...] = ()
    vocabulary_size: int = 0

    @property
    def num_classes(self) -> int:
        """Number of classes; 0 for regression."""
        return len(self.class_names)

    @property
    def is_classification(self) -> bool:
        return self.kind.endswith("classification")

    @property
    def is_image(self) -> bool:
        return self.kind.startswith("image-")

    @property
    def is_table(self) -> bool:
        return self.kind.startswith("table-")

    @property
    def is_text(self) -> bool:
        return self.kind.startswith("text-") or self.is_per_word

    @property
    def is_per_word(self) -> bool:
        """Whether each word of a text has a class, and not the text."""
        return self.kind.startswith("token-")


def task_kinds(named: str | Sequence[str]) -> tuple[str, ...]:
    """The kinds of tasks that a component names: kinds, or families ("table") for all kinds of theirs.

    Raises:
        UserError: There is no such kind or family.
    """
    names = [named] if isinstance(named, str) else named
    for name in names:
        if name not in (*TASK_KINDS, *FAMILIES):
            raise unknown("task", name, (*TASK_KINDS, *FAMILIES))
    return tuple(kind for kind in TASK_KINDS if kind in names or kind.partition("-")[0] in names)
