"""Models, one file each."""

from automl_plugins.models import (
    convnext,
    densenet,
    efficientnet,
    ft_transformer,
    inception,
    inception_v3,
    mlp,
    realmlp,
    resnet,
    resnet_mlp,
    small_cnn,
    tabm,
    vit,
    wide_and_deep,
)

__all__ = [
    "convnext",
    "densenet",
    "efficientnet",
    "ft_transformer",
    "inception",
    "inception_v3",
    "mlp",
    "realmlp",
    "resnet",
    "resnet_mlp",
    "small_cnn",
    "tabm",
    "vit",
    "wide_and_deep",
]
