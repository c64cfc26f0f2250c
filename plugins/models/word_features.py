"""A conditional random field on what a word and its neighbours look like (Lafferty et al. 2001, Conditional random
fields: probabilistic models for segmenting and labeling sequence data)."""

from typing import TYPE_CHECKING, Annotated

from automl_plugins.models._word_features import hashed_features, known_features

from automl.plugin import Estimator, Float, Int, Task, estimator, texts_of

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_matrix

STEPS = 60
"""Of L-BFGS."""
START = 0.5
"""The largest weight to begin with."""
MOST_WEIGHTS = 2**24
"""Of all features and classes: L-BFGS holds twenty times as many numbers."""


@estimator("word_features", task="token")
def word_features(
    task: Task,
    window: Annotated[int, Int(0, 3)] = 2,
    rarest: Annotated[int, Int(1, 3)] = 2,
    strength: Annotated[float, Float(0.01, 10.0, log=True)] = 1.0,
) -> Estimator:
    """Linear on a word, its ends, its shape, its neighbours, and classes side by side: no pretraining; one round.

    `window` is how many neighbours at each side, `rarest` how many words a feature stands at least at, `strength` that
    of the L2 penalty.
    """
    return WordFeatures(task, window, rarest, strength)


class WordFeatures(Estimator):
    """All weights at once, see `conditional_random_field`."""

    def __init__(self, task: Task, window: int, rarest: int, strength: float) -> None:
        self.task, self.window, self.rarest, self.strength = task, window, rarest, strength

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
        from automl_plugins.models._chain import conditional_random_field

        del progress
        inputs, targets, weights = self.data
        labels = targets[targets >= 0]
        features = hashed_features(texts_of(inputs), self.window)
        self.hashes = known_features(features, self.rarest, MOST_WEIGHTS // self.task.num_classes)
        learned, transitions = conditional_random_field(
            self._rows(features),
            labels,
            (targets >= 0).sum(1).tolist(),
            weights,
            self.task.num_classes,
            self.strength / len(labels),
            start=START,
            steps=STEPS,
        )
        # As it will be loaded again: half of the precision is plenty, and half of the size.
        self.weights = learned.astype(np.float16).astype(np.float32)
        self.transitions = transitions.copy()
        return "fitted"

    def predict(self, inputs: "np.ndarray") -> "np.ndarray":
        import torch
        from automl_plugins.models._chain import Chains

        texts = texts_of(inputs)
        scores = self._rows(hashed_features(texts, self.window)) @ self.weights[:-1] + self.weights[-1]
        chains = Chains([text.count(" ") + 1 for text in texts])
        return chains.marginals(torch.from_numpy(scores), torch.from_numpy(self.transitions)).numpy()

    def _rows(self, features: "np.ndarray") -> "csr_matrix":
        """float32 (words, F): which of the known features each word has."""
        import numpy as np
        from scipy.sparse import csr_matrix

        place = np.searchsorted(self.hashes, features)
        known = place < len(self.hashes)
        known[known] = self.hashes[place[known]] == features[known]
        ends = np.append(0, np.cumsum(known.sum(1)))
        return csr_matrix((np.ones(ends[-1], np.float32), place[known], ends), (len(features), len(self.hashes)))

    def dump(self) -> bytes:
        import numpy as np
        from safetensors.numpy import save

        return save(
            {"weights": self.weights.astype(np.float16), "hashes": self.hashes, "transitions": self.transitions}
        )

    def load(self, dumped: bytes) -> None:
        from safetensors.numpy import load

        found = load(dumped)
        self.weights, self.hashes = found["weights"].astype("float32"), found["hashes"]
        self.transitions = found["transitions"]
