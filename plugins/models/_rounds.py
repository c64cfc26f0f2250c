"""What the models have in common that are many trees, built a part of them each round."""

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from automl.plugin import Estimator, Task

if TYPE_CHECKING:
    import numpy as np

LENGTH = 8
"""Bytes before each part of a dump that say how long it is."""


class Rounds(Estimator):
    """What earlier rounds have built stays as it is: it is dumped once, and asked once about the same rows.

    So the time that a model takes grows with its trees and not with their square.

    Args:
        trees: Of all rounds.
    """

    def __init__(self, task: Task, trees: int) -> None:
        self.task, self.trees = task, trees
        self.parts: list[Any] = []
        self.dumps: list[bytes] = []
        self.answers: list[tuple[np.ndarray, int, np.ndarray]] | None = None

    def begin(
        self,
        inputs: "np.ndarray",
        targets: "np.ndarray",
        weights: "np.ndarray | None",
        *,
        seed: int,
        threads: int,
    ) -> None:
        self.inputs, self.targets, self.weights = inputs, targets, weights
        self.seed, self.threads = seed, threads
        self.answers = []

    @property
    def built(self) -> int:
        """Trees so far."""
        return sum(self.count(part) for part in self.parts)

    def fit(self, progress: float) -> str | None:
        built = self.built
        trees = max(1, round(progress * self.trees)) - built
        if trees > 0:
            part = self.grow(trees, self.seed + built)
            self.parts.append(part)
            self.dumps.append(self.pack(part))
        return None

    def total(self, inputs: "np.ndarray") -> "np.ndarray":
        """The sum of what all parts say, float64 (N, outputs)."""
        import numpy as np

        answers = self.answers or []
        known = [answer for answer in answers if np.array_equal(answer[0], inputs, equal_nan=True)]
        _, done, total = known[0] if known else (inputs, 0, np.zeros(1))
        for part in self.parts[done:]:
            total = total + self.ask(part, inputs)
        if self.answers is not None:  # While it is fitted, the same rows of training and of validation come again.
            others = [answer for answer in answers if not known or answer is not known[0]]
            self.answers = [*others[-1:], (inputs, len(self.parts), total)]
        return total

    def dump(self) -> bytes:
        return b"".join(len(dumped).to_bytes(LENGTH, "little") + dumped for dumped in self.dumps)

    def load(self, dumped: bytes) -> None:
        self.dumps = []
        while dumped:
            end = LENGTH + int.from_bytes(dumped[:LENGTH], "little")
            self.dumps.append(dumped[LENGTH:end])
            dumped = dumped[end:]
        self.parts = [self.unpack(part) for part in self.dumps]

    @abstractmethod
    def grow(self, trees: int, seed: int) -> Any:
        """Builds the next part."""

    @abstractmethod
    def count(self, part: Any) -> int:
        """Its trees."""

    @abstractmethod
    def ask(self, part: Any, inputs: "np.ndarray") -> "np.ndarray":
        """What it adds to the total (N, outputs)."""

    @abstractmethod
    def pack(self, part: Any) -> bytes:
        """As it is stored."""

    @abstractmethod
    def unpack(self, dumped: bytes) -> Any:
        """The part that was packed."""
