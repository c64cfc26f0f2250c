"""Stochastic depth (Huang et al. 2016)."""

from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, Regularizer, regularizer

if TYPE_CHECKING:
    from torch import nn


@regularizer("stochastic_depth", task="image", neutral={"p": 0.0}, live=("p",))
def stochastic_depth(p: Annotated[float, Float(0.02, 0.5)] = 0.1) -> Regularizer:
    """Skips residual blocks at random in training: block l of L with probability p x l / L, drawn for each image.

    The blocks are torchvision's of resnet and vit, and those of any model that has a `torchvision.ops.StochasticDepth`
    at their end, as convnext and efficientnet. A model without such blocks stays as it is.
    """
    return StochasticDepth(p)


class StochasticDepth(Regularizer):
    def __init__(self, p: float) -> None:
        self.p = p

    def wrap_model(self, model: "nn.Module") -> "nn.Module":
        from torch import nn
        from torchvision.models.resnet import BasicBlock, Bottleneck
        from torchvision.models.vision_transformer import EncoderBlock
        from torchvision.ops import StochasticDepth as Skip

        # A block's type -> its modules behind which a branch is added to what goes round it.
        ends = {BasicBlock: ("bn2",), Bottleneck: ("bn3",), EncoderBlock: ("dropout", "mlp"), Skip: ()}
        blocks = [module for module in model.modules() if type(module) in ends]
        for number, block in enumerate(blocks, 1):
            p = self.p * number / len(blocks)
            if isinstance(block, Skip):
                block.p = p
            for end in ends[type(block)]:
                setattr(block, end, nn.Sequential(getattr(block, end), Skip(p, "row")))
        return model
