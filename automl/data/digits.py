"""The bundled demo: scikit-learn's 1797 handwritten digits, 8 x 8 grey."""

from collections import Counter
from itertools import chain

import numpy as np

from automl.data.source import Source
from automl.data.split import SPLITS, split_off


def read_digits(*, seed: int) -> Source:
    """Stratified and seeded: 1257 train, 180 val and 360 test images. Ids are row numbers of scikit-learn's data."""
    from sklearn.datasets import load_digits  # type: ignore[import-untyped,unused-ignore]

    bunch = load_digits()
    images = np.rint(bunch.images * (255 / 16)).astype(np.uint8)  # 17 grey levels
    labels = bunch.target.astype(np.int64)
    class_names = tuple(str(digit) for digit in range(10))
    rows = split_off(labels, ("val", "test"), seed, class_names)
    return Source(
        name="digits",
        class_names=class_names,
        ids={split: tuple(str(row) for row in rows[split]) for split in SPLITS},
        targets={split: labels[rows[split]] for split in SPLITS},
        items=lambda: chain.from_iterable(images[rows[split]] for split in SPLITS),
        sizes=Counter({(8, 8): len(images)}),
        channels=1,
        max_value=255,
        fingerprint=("digits", str(seed)),
        notes=(f"scikit-learn's digits, split by class with seed {seed}: 0.7 train, 0.1 val, 0.2 test.",),
    )
