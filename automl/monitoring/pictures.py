"""What is measured of images: how bright, how rich in contrast, how sharp and how colourful they are."""

from __future__ import annotations

import numpy as np

from automl.monitoring.distributions import Measures

AT_A_TIME = 256


def image_measures(images: np.ndarray) -> Measures:
    """Of uint8 (N, C, H, W), by grey values from 0 to 1: their mean, their standard deviation, the variance of their
    Laplacian (a measure of focus: Pech-Pacheco et al. 2000, Diatom autofocusing in brightfield microscopy); and how far
    colours are from grey."""
    parts = [_measures(images[start : start + AT_A_TIME]) for start in range(0, len(images), AT_A_TIME)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}


def _measures(images: np.ndarray) -> dict[str, np.ndarray]:
    colours = images.astype(np.float32) / 255
    grey = colours.mean(axis=1)
    inner = grey[:, 1:-1, 1:-1]
    around = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    found = {
        "brightness": grey.mean(axis=(1, 2)),
        "contrast": grey.std(axis=(1, 2)),
        "sharpness": (around - 4 * inner).var(axis=(1, 2)),
    }
    if images.shape[1] > 1:
        found["colour"] = np.ptp(colours, axis=1).mean(axis=(1, 2))
    return found
