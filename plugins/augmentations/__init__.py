"""Augmentations, one file each: vectorized over the batch, random per sample, on the batch's device."""

from automl_plugins.augmentations import (
    color_jitter,
    gaussian_noise,
    horizontal_flip,
    random_affine,
    random_crop,
    vertical_flip,
)

__all__ = ["color_jitter", "gaussian_noise", "horizontal_flip", "random_affine", "random_crop", "vertical_flip"]
