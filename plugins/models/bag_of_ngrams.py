"""Logistic regression on n-grams of words and characters, weighted as Salton and Buckley (1988) have it."""

from typing import TYPE_CHECKING, Annotated

from automl_plugins.models._logistic import logistic_regression
from automl_plugins.models._ngrams import Grams, Vocabulary, character_grams, plain, word_grams

from automl.plugin import Estimator, Float, Int, Task, estimator, texts_of

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_matrix

STEPS = 36
"""Of L-BFGS: what more of them change, validation doesn't see."""
START = 5.0
"""The largest weight to begin with."""
PARTS = ("words", "characters")
MOST_WEIGHTS = 2**24
"""Of all n-grams and classes: L-BFGS holds twenty times as many numbers."""


@estimator("bag_of_ngrams", task="text")
def bag_of_ngrams(
    task: Task,
    words: Annotated[int, Int(1, 3)] = 2,
    characters: Annotated[int, Int(2, 6)] = 5,
    share: Annotated[float, Float(0.1, 0.9)] = 0.5,
    rarest: Annotated[int, Int(1, 3)] = 2,
    strength: Annotated[float, Float(0.001, 1.0, log=True)] = 0.02,
) -> Estimator:
    """Linear on n-grams of up to so many words and characters: seconds, no pretraining, any script; one round.

    `share` is what the words count beside the characters, `rarest` in how many texts an n-gram stands at least,
    `strength` that of the L2 penalty.
    """
    return BagOfNgrams(task, words, characters, share, rarest, strength)


class BagOfNgrams(Estimator):
    """All classes' weights at once, see `logistic_regression`."""

    def __init__(self, task: Task, words: int, characters: int, share: float, rarest: int, strength: float) -> None:
        self.task, self.share, self.rarest, self.strength = task, share, rarest, strength
        self.longest = words, characters
        self.vocabularies: list[Vocabulary] = []

    def begin(
        self,
        inputs: "np.ndarray",
        targets: "np.ndarray",
        weights: "np.ndarray | None",
        *,
        seed: int,
        threads: int,
    ) -> None:
        del seed, threads  # nothing is drawn; torch's threads are the trial's
        self.data = inputs, targets, weights

    def fit(self, progress: float) -> str | None:
        import numpy as np

        del progress
        inputs, targets, weights = self.data
        grams = self._grams(texts_of(inputs))
        most = MOST_WEIGHTS // len(PARTS) // self.task.num_classes
        self.vocabularies = [Vocabulary.fit(own, self.rarest, most) for own in grams]
        learned = logistic_regression(
            self._rows(grams),
            targets,
            weights,
            self.task.num_classes,
            self.strength / len(inputs),
            start=START,
            steps=STEPS,
        )
        # As it will be loaded again: half of the precision is plenty, and half of the size.
        self.weights = learned.astype(np.float16).astype(np.float32)
        return "fitted"

    def predict(self, inputs: "np.ndarray") -> "np.ndarray":
        from scipy.special import softmax

        rows = self._rows(self._grams(texts_of(inputs)))
        return softmax(rows @ self.weights[:-1] + self.weights[-1], axis=1)

    def _grams(self, texts: list[str]) -> list[Grams]:
        known = plain(texts)
        words, characters = self.longest
        return [word_grams(known, words), character_grams(known, characters)]

    def _rows(self, grams: list[Grams]) -> "csr_matrix":
        from scipy.sparse import hstack

        parts = zip(self.vocabularies, grams, (self.share, 1 - self.share), strict=True)
        return hstack([part**0.5 * vocabulary.rows(own) for vocabulary, own, part in parts], "csr")

    def dump(self) -> bytes:
        import numpy as np
        from safetensors.numpy import save

        parts = zip(PARTS, self.vocabularies, strict=True)
        arrays = {f"{name}.{field}": array for name, part in parts for field, array in vars(part).items()}
        return save({"weights": self.weights.astype(np.float16), **arrays})

    def load(self, dumped: bytes) -> None:
        from safetensors.numpy import load

        found = load(dumped)
        self.weights = found["weights"].astype("float32")
        self.vocabularies = [Vocabulary(found[f"{name}.hashes"], found[f"{name}.weights"]) for name in PARTS]
