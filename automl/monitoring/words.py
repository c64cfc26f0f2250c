"""What is measured of texts: how long they are, in which script, of which words."""

from __future__ import annotations

import re

import numpy as np

from automl.data import TextPreparation
from automl.data.text.scripts import scripts
from automl.monitoring.distributions import Measures

WORD = re.compile(r"[^\W\d_]+")


def text_measures(preparation: TextPreparation, texts: list[str]) -> Measures:
    """Letters, words, the share of words that the model's vocabulary doesn't have as a whole, the script of most
    letters, and the longest word, which tells more of what a text is about than one drawn by chance."""
    words = [WORD.findall(text.lower()) for text in texts]
    return {
        "letters": np.array([len(text) for text in texts], np.float32),
        "words": np.array([len(text.split()) for text in texts], np.float32),
        "unfamiliar words": preparation.unfamiliar(texts),
        "script": np.array([next(iter(scripts([text])), "none") for text in texts], object),
        "longest word": np.array([max(own, key=len, default="none") for own in words], object),
    }
