"""A part of a text for the whole, as a crop of an image is (for texts: Giorgi et al. 2021, DeCLUTR)."""

from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, augmentation

if TYPE_CHECKING:
    from torch import Tensor


@augmentation("random_span_crop", task="text")
def random_span_crop(shortest: Annotated[float, Float(0.3, 0.95)] = 0.7) -> object:
    """Keeps consecutive tokens from a random place on, `shortest` of the text or more; at least one."""
    import torch

    def apply(tokens: "Tensor", targets: "Tensor") -> tuple["Tensor", "Tensor"]:
        count, length = tokens.shape
        place = torch.arange(length, device=tokens.device)
        lengths = ((tokens != 0) * (place + 1)).amax(1, keepdim=True)
        share = shortest + (1 - shortest) * torch.rand(count, 1, device=tokens.device)
        kept = (share * lengths).ceil()
        start = (torch.rand(count, 1, device=tokens.device) * (lengths - kept + 1)).floor().long()
        span = tokens.gather(1, (start + place).clamp_max(length - 1))
        return torch.where(place < kept, span, 0), targets

    return apply
