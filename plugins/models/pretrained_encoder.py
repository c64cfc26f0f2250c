"""Encoders that were trained on other texts, of Hugging Face's transformers (Wolf et al. 2020)."""

from typing import TYPE_CHECKING, Annotated

from automl_plugins.models._encoder import MINI_LM, EncoderWeights, encoder_folder

from automl.plugin import Choice, Float, Int, Task, Text, model

if TYPE_CHECKING:
    from torch import nn

LEARNING = ("full", "lora", "adalora")


def tunes(task: Task, tuning: object) -> bool:
    """What a frozen encoder makes of each word of many texts is too much to keep."""
    return not task.is_per_word or tuning != "frozen"


def pools(task: Task, pooling: object) -> bool:
    """Where each word has a class nothing is pooled: one option is as good as another."""
    return not task.is_per_word or pooling == "mean"


@model("pretrained_encoder", task=("text", "token"), weights=EncoderWeights())
def pretrained_encoder(
    task: Task,
    name: Annotated[str, Text()] = MINI_LM,
    tuning: Annotated[str, Choice("frozen", *LEARNING, fits=tunes)] = "frozen",
    pooling: Annotated[str, Choice("mean", "cls", fits=pools)] = "mean",
    encoder_lr: Annotated[float, Float(0.01, 1.0, log=True, when={"tuning": LEARNING})] = 0.1,
    layer_decay: Annotated[float, Float(0.5, 1.0, when={"tuning": "full"})] = 0.8,
    rank: Annotated[int, Int(2, 32, log=True, when={"tuning": ("lora", "adalora")})] = 8,
) -> "nn.Module":
    """A linear head on an encoder, a folder or an id of the hub, that stays as it is or learns, too.

    `frozen`: what it makes of a text is computed once. `full`: all but the vectors of words learn, the top layer at
    `encoder_lr` times the learning rate, each layer below at `layer_decay` times the rate of the one above (Howard and
    Ruder 2018). `lora`: only matrices of rank `rank` beside its own (Hu et al. 2022); `adalora`: their ranks move to
    where they matter, `rank` being their mean at the end (Zhang et al. 2023).
    """
    folder = encoder_folder(name)
    if tuning == "frozen":
        from automl_plugins.models._frozen import FrozenEncoder

        return FrozenEncoder(task, folder, pooling)
    from automl_plugins.models._tuned import TunedEncoder

    return TunedEncoder(task, folder, tuning, pooling, encoder_lr, layer_decay, rank)
