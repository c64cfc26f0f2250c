"""How an image becomes the array that a model sees. It belongs to the model and travels with it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import numpy as np

from automl.data.pixels import opened, scale_to_8_bits, to_channels
from automl.errors import UserError

if TYPE_CHECKING:
    from PIL.Image import Image

MIN_SIZE, MAX_SIZE = 4, 1024
DEFAULT_SIZE_LIMIT = 64  # px; what a search on one machine can afford without being asked


@dataclass(frozen=True)
class ImagePreparation:
    """Channels, size and scale of the model's input.

    Args:
        channels: 1 (grey) or 3 (RGB).
        height, width: In pixels.
        max_value: What becomes 255: 255, or for 16-bit images the data's maximum rounded up to 2**k - 1.
        mean, std: Per channel, of the train split, in [0, 1] units. For the model; `decode` doesn't apply them.
    """

    channels: int
    height: int
    width: int
    max_value: int
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W)."""
        return self.channels, self.height, self.width

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; `from_dict` reads it back."""
        return {**asdict(self), "mean": list(self.mean), "std": list(self.std)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        return cls(**{**values, "mean": tuple(values["mean"]), "std": tuple(values["std"])})

    def decode(self, source: str | Path | BinaryIO | np.ndarray) -> np.ndarray:
        """uint8 (C, H, W) of an image file, an open binary file, or an array.

        Colours are converted, EXIF orientation is applied, transparency becomes white, 16 bits are scaled by
        `max_value`, and another size is resized (bilinear with antialiasing, the aspect ratio is not kept).

        Args:
            source: An array is (H, W), or (H, W, C) with 1, 3 (RGB) or 4 (RGBA) channels; uint8 or uint16.

        Raises:
            UserError: It can't be decoded; the message is the reason alone, as the caller knows the name.
        """
        if not isinstance(source, np.ndarray):
            with opened(source) as image:
                return self._from_image(image)
        if source.ndim == 3 and source.shape[-1] == 1:
            source = source[..., 0]
        self._check_array(source)
        if source.dtype.itemsize > 1:
            source = scale_to_8_bits(source, self.max_value)
        wanted = (self.height, self.width) if self.channels == 1 else (self.height, self.width, 3)
        if source.shape == wanted:  # Nothing to convert: spare the way through Pillow.
            return _channels_first(source)
        from PIL import Image

        return self._from_image(Image.fromarray(np.ascontiguousarray(source)))

    def _from_image(self, image: "Image") -> np.ndarray:
        from PIL.Image import Resampling

        image = to_channels(image, self.channels, self.max_value)
        if image.size != (self.width, self.height):
            image = image.resize((self.width, self.height), Resampling.BILINEAR)
        return _channels_first(np.asarray(image))

    @staticmethod
    def _check_array(source: np.ndarray) -> None:
        if source.dtype.kind != "u" or source.dtype.itemsize > 2:
            raise UserError(f"Pixels must be uint8 or uint16. Got {source.dtype}.")
        if not (source.ndim == 2 or (source.ndim == 3 and source.shape[-1] in (3, 4))) or 0 in source.shape:
            raise UserError(f"An image array must be (H, W) or (H, W, 1, 3 or 4 channels). Got shape {source.shape}.")


def check_image_size(image_size: int | None) -> None:
    """Raises UserError where the size asked for is out of bounds."""
    if image_size is not None and not MIN_SIZE <= image_size <= MAX_SIZE:
        raise UserError(
            f"The image size must be from {MIN_SIZE} to {MAX_SIZE} pixels. Got {image_size}.",
            hint="Try --image-size 32; without it, a size is chosen from the data.",
        )


def choose_size(sizes: Counter[tuple[int, int]], image_size: int | None) -> tuple[int, int, str]:
    """The (height, width) to decode to and the reason, for people.

    Args:
        sizes: How many images have which (height, width); at least one.
        image_size: The side of a square where the user asked for it.
    """
    if image_size is not None:
        return image_size, image_size, "as asked for"
    if len(sizes) == 1:
        height, width = next(iter(sizes))
        if min(height, width) >= MIN_SIZE and max(height, width) <= DEFAULT_SIZE_LIMIT:
            return height, width, "the size of all images"
    middle = median(sorted(min(size) for size in sizes.elements()))
    side = min(max(4 * round(middle / 4), MIN_SIZE), DEFAULT_SIZE_LIMIT)
    reason = f"the images' median shorter side is {middle:g} px"
    if middle > DEFAULT_SIZE_LIMIT:
        reason += f", more than the default limit of {DEFAULT_SIZE_LIMIT}"
    return side, side, f"{reason}; choose another with --image-size"


def _channels_first(image: np.ndarray) -> np.ndarray:
    """(H, W) or (H, W, C) -> (C, H, W), contiguous and writable."""
    return np.array(image[None] if image.ndim == 2 else image.transpose(2, 0, 1), order="C")
