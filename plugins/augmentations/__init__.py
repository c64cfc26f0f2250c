"""Augmentations, one file each: vectorized over the batch, random per sample, on the batch's device."""

from automl_plugins.augmentations import (
    blur,
    brightness,
    color_jitter,
    contrast,
    cutmix,
    cutout,
    feature_dropout,
    feature_noise,
    gaussian_noise,
    horizontal_flip,
    mixup,
    random_affine,
    random_crop,
    resized_crop,
    trivial_augment,
    vertical_flip,
)

__all__ = [
    "blur",
    "brightness",
    "color_jitter",
    "contrast",
    "cutmix",
    "cutout",
    "feature_dropout",
    "feature_noise",
    "gaussian_noise",
    "horizontal_flip",
    "mixup",
    "random_affine",
    "random_crop",
    "resized_crop",
    "trivial_augment",
    "vertical_flip",
]
