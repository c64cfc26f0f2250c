"""Models, one file each."""

from automl_plugins.models import mlp, resnet, small_cnn

__all__ = ["mlp", "resnet", "small_cnn"]
