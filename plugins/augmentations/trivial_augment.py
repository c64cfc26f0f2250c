"""TrivialAugment (Müller and Hutter 2021): its wide list of operations, of a continuous instead of a stepped strength.

`level` is (N, 1, 1, 1), from 0 (nothing happens) to 1 (the most in the paper's list). Operations that go both ways get
`signed`, from -1 to 1, in its place. Images are float32 (N, C, H, W) in [0, 1], without channels_last.
"""

from math import pi
from typing import TYPE_CHECKING, Annotated

from automl.plugin import Float, augmentation

if TYPE_CHECKING:
    from torch import Tensor


@augmentation("trivial_augment", task="image")
def trivial_augment(strength: Annotated[float, Float(0.1, 1.0)] = 1.0) -> object:
    """Does one of 14 operations to each image, as strongly as it happens, up to `strength` of the paper's limits."""
    import torch

    def apply(images: "Tensor", targets: "Tensor") -> tuple["Tensor", "Tensor"]:
        # Drawn on the CPU, so that nothing waits for a GPU to say how many images each operation gets.
        drawn = torch.randint(len(OPERATIONS), (len(images),))
        changed = images.clone(memory_format=torch.contiguous_format)
        for number, operation in enumerate(OPERATIONS):
            chosen = (drawn == number).nonzero().flatten().to(images.device)
            if len(chosen):
                level = strength * torch.rand(len(chosen), 1, 1, 1, device=images.device)
                if operation in SIGNED:
                    level *= 1 - 2 * torch.randint_like(level, 2)
                changed.index_copy_(0, chosen, operation(changed.index_select(0, chosen), level))
        return changed.clamp_(0, 1), targets

    return apply


def identity(images: "Tensor", level: "Tensor") -> "Tensor":
    del level
    return images


def shear_x(images: "Tensor", signed: "Tensor") -> "Tensor":
    """Slants by up to 0.99 pixels per row."""
    height, width = images.shape[2:]
    return _warp(images, xy=0.99 * height / width * signed)


def shear_y(images: "Tensor", signed: "Tensor") -> "Tensor":
    """Slants by up to 0.99 pixels per column."""
    height, width = images.shape[2:]
    return _warp(images, yx=0.99 * width / height * signed)


def translate_x(images: "Tensor", signed: "Tensor") -> "Tensor":
    """Shifts by up to 0.45 of the width (AutoAugment's 150 of 331 pixels; the paper's 32 pixels suit one size)."""
    return _warp(images, x=0.9 * signed)


def translate_y(images: "Tensor", signed: "Tensor") -> "Tensor":
    """Shifts by up to 0.45 of the height."""
    return _warp(images, y=0.9 * signed)


def rotate(images: "Tensor", signed: "Tensor") -> "Tensor":
    """Turns by up to 135 degrees."""
    height, width = images.shape[2:]
    angle = 0.75 * pi * signed
    cos, sin = angle.cos(), angle.sin()
    return _warp(images, xx=cos, xy=-sin * height / width, yx=sin * width / height, yy=cos)


def brightness(images: "Tensor", signed: "Tensor") -> "Tensor":
    """Multiplies by 0.01 to 1.99."""
    return images * (1 + 0.99 * signed)


def color(images: "Tensor", signed: "Tensor") -> "Tensor":
    """Scales the distance from grey by 0.01 to 1.99."""
    return images.mean(1, keepdim=True).lerp(images, 1 + 0.99 * signed)


def contrast(images: "Tensor", signed: "Tensor") -> "Tensor":
    """Scales the distance from the image's mean by 0.01 to 1.99."""
    return images.mean((1, 2, 3), keepdim=True).lerp(images, 1 + 0.99 * signed)


def sharpness(images: "Tensor", signed: "Tensor") -> "Tensor":
    """Scales the distance from the smoothed image by 0.01 to 1.99; the outermost pixels stay (as in PIL)."""
    from torch.nn import functional

    smooth = images.clone()
    inner = smooth[:, :, 1:-1, 1:-1]
    inner.lerp_(functional.avg_pool2d(images, 3, stride=1), 9 / 13)  # weights 1, and 5 in the middle
    return smooth.lerp_(images, 1 + 0.99 * signed)


def posterize(images: "Tensor", level: "Tensor") -> "Tensor":
    """Keeps the 8 to 2 highest of 8 bits."""
    step = 2 ** (6 * level).round()
    return (images * 255).round().div_(step).floor_().mul_(step / 255)


def solarize(images: "Tensor", level: "Tensor") -> "Tensor":
    """Inverts what is brighter than a threshold from 1 to 0."""
    return images.where(images <= 1 - level, 1 - images)


def autocontrast(images: "Tensor", level: "Tensor") -> "Tensor":
    """Stretches each channel to the whole range; a constant one stays."""
    del level
    low, high = images.amin((2, 3), keepdim=True), images.amax((2, 3), keepdim=True)
    return images.where(low == high, (images - low) / (high - low))


def equalize(images: "Tensor", level: "Tensor") -> "Tensor":
    """Makes each channel's 256 levels about equally frequent; a constant one stays."""
    del level
    levels = (images * 255).round().long().flatten(2)
    ones = images.new_ones(()).expand(levels.shape)
    below = images.new_zeros(*levels.shape[:2], 256).scatter_add_(2, levels, ones).cumsum(2)
    rank = below.gather(2, levels)
    lowest, pixels = rank.amin(2, keepdim=True), levels.shape[2]
    equalized = ((rank - lowest) / (pixels - lowest)).view_as(images)
    return images.where((lowest == pixels)[..., None], equalized)


def _warp(
    images: "Tensor",
    *,
    xx: "Tensor | float" = 1.0,
    xy: "Tensor | float" = 0.0,
    x: "Tensor | float" = 0.0,
    yx: "Tensor | float" = 0.0,
    yy: "Tensor | float" = 1.0,
    y: "Tensor | float" = 0.0,
) -> "Tensor":
    """Looks each pixel (a, b) up at (xx a + xy b + x, yx a + yy b + y), from -1 to 1; borders go on outside."""
    import torch
    from torch.nn import functional

    def axis(length: int) -> "Tensor":
        return (2 * torch.arange(length, device=images.device) + 1) / length - 1

    count, _, height, width = images.shape
    a, b = axis(width), axis(height)[:, None]
    grid = images.new_empty(count, 1, height, width, 2)
    grid[..., 0] = xx * a + (xy * b + x)
    grid[..., 1] = yx * a + (yy * b + y)
    return functional.grid_sample(images, grid[:, 0], padding_mode="border", align_corners=False)


SIGNED = (shear_x, shear_y, translate_x, translate_y, rotate, brightness, color, contrast, sharpness)
OPERATIONS = (identity, *SIGNED, posterize, solarize, autocontrast, equalize)
