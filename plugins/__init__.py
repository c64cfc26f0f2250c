"""The built-in components. They enter through the same door as anyone's: the entry-point group `automl.plugins`."""

from automl_plugins import augmentations, models, regularizers

__all__ = ["augmentations", "models", "regularizers"]
