"""From any image to the model's input."""

import io
import json
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from automl.data import ImagePreparation
from automl.data.pixels import read_header, round_up_to_bits
from automl.data.preparation import choose_size
from automl.errors import UserError


def preparation(channels=3, height=4, width=6, max_value=255) -> ImagePreparation:
    return ImagePreparation(channels, height, width, max_value, (0.5,) * channels, (0.25,) * channels)


def random_image(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def test_it_survives_json():
    original = ImagePreparation(3, 28, 32, 4095, (0.1, 0.2, 0.3), (0.5, 0.6, 0.7))

    assert ImagePreparation.from_dict(json.loads(json.dumps(original.to_dict()))) == original


def test_pixels_are_kept_where_nothing_is_to_convert(tmp_path):
    pixels = random_image(4, 6, 3)
    Image.fromarray(pixels).save(tmp_path / "a.png")

    decoded = preparation().decode(tmp_path / "a.png")

    assert decoded.dtype == np.uint8
    assert decoded.flags.c_contiguous
    assert np.array_equal(decoded, pixels.transpose(2, 0, 1))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 1), (4, 6, 3), (4, 6, 4), (9, 20), (9, 20, 3)])
def test_a_file_an_open_file_and_an_array_decode_alike(tmp_path, channels, shape):
    pixels = random_image(*shape)
    image = Image.fromarray(pixels[..., 0] if shape[-1] == 1 else pixels)
    image.save(tmp_path / "a.png")
    buffer = io.BytesIO((tmp_path / "a.png").read_bytes())

    decoded = preparation(channels).decode(pixels)

    assert decoded.shape == (channels, 4, 6)
    assert np.array_equal(decoded, preparation(channels).decode(tmp_path / "a.png"))
    assert np.array_equal(decoded, preparation(channels).decode(buffer))


def test_grey_becomes_three_equal_channels_and_colour_becomes_luminance():
    grey = random_image(4, 6)

    assert np.array_equal(preparation(3).decode(grey), np.stack([grey] * 3))
    assert preparation(1).decode(np.full((4, 6, 3), (255, 0, 0), np.uint8)).tolist() == np.full((1, 4, 6), 76).tolist()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr"])
def test_every_mode_keeps_black_and_white(mode):
    image = Image.new("RGB", (6, 4), "white")
    image.paste("black", (0, 0, 3, 4))
    buffer = io.BytesIO()
    image.convert(mode).save(buffer, "TIFF")

    for channels in (1, 3):
        decoded = preparation(channels).decode(io.BytesIO(buffer.getvalue()))
        assert decoded[:, :, :3].max() <= 1
        assert decoded[:, :, 3:].min() >= 254


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_becomes_white_whatever_colour_hides_beneath(tmp_path, mode):
    image = Image.new("RGBA", (6, 4), (10, 10, 10, 0))
    image.paste((10, 10, 10, 255), (0, 0, 3, 4))
    image.convert(mode).save(tmp_path / "a.png")

    decoded = preparation(3).decode(tmp_path / "a.png")

    assert decoded[0, 0].tolist() == [10, 10, 10, 255, 255, 255]


def test_a_transparent_palette_becomes_white(tmp_path):
    image = Image.new("P", (6, 4), 0)
    image.putpalette([200, 0, 0, 0, 200, 0])
    image.paste(1, (0, 0, 3, 4))
    image.save(tmp_path / "a.png", transparency=0)

    decoded = preparation(3).decode(tmp_path / "a.png")

    assert decoded[:, 0, 0].tolist() == [0, 200, 0]
    assert decoded[:, 0, 5].tolist() == [255, 255, 255]


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
def test_photos_are_turned_upright(tmp_path, suffix):
    image = Image.new("L", (64, 32), 0)  # as the sensor lies: white on its right, which is the bottom once turned
    image.paste(255, (32, 0, 64, 32))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / f"a.{suffix}", exif=exif)

    header = read_header(tmp_path / f"a.{suffix}")
    decoded = preparation(1, 64, 32).decode(tmp_path / f"a.{suffix}")

    assert (header.height, header.width) == (64, 32)
    assert decoded[0, :24].max() < 20
    assert decoded[0, 40:].min() > 235


def test_a_large_image_is_averaged_not_sampled():
    stripes = np.tile(np.array([0, 255], np.uint8), (400, 300))  # (400, 600)

    decoded = preparation(1).decode(stripes)

    assert np.abs(decoded.astype(int) - 127).max() < 6


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_16_bits_are_scaled_by_the_datas_range(tmp_path, suffix):
    values = np.array([[0, 1000, 2000, 3000, 4095, 4095]] * 4, np.uint16)
    Image.fromarray(values).save(tmp_path / f"a.{suffix}")

    for source in (tmp_path / f"a.{suffix}", values):
        assert preparation(1, max_value=4095).decode(source)[0, 0].tolist() == [0, 62, 125, 187, 255, 255]


def test_brighter_16_bit_images_than_the_training_ones_are_clipped():
    assert preparation(1, max_value=4095).decode(np.full((4, 6), 9000, np.uint16)).max() == 255


def test_a_16_bit_image_is_refused_by_a_model_of_8_bit_images():
    with pytest.raises(UserError, match="16-bit image with values up to 9000"):
        preparation(1).decode(np.full((4, 6), 9000, np.uint16))


@pytest.mark.parametrize(("peak", "limit"), [(0, 255), (255, 255), (256, 511), (3000, 4095), (65535, 65535)])
def test_a_range_is_rounded_up_to_a_bit_depth(peak, limit):
    assert round_up_to_bits(peak) == limit


@pytest.mark.parametrize("mode", ["F"])
def test_floating_point_pixels_are_refused(tmp_path, mode):
    Image.new(mode, (6, 4), 0.5).save(tmp_path / "a.tif")

    with pytest.raises(UserError, match="floating-point pixels"):
        preparation().decode(tmp_path / "a.tif")


@pytest.mark.parametrize(
    ("array", "rule"),
    [
        (np.zeros((4, 6), np.float32), "uint8 or uint16. Got float32"),
        (np.zeros((4, 6), np.int64), "uint8 or uint16. Got int64"),
        (np.zeros((3, 4, 6), np.uint8), r"Got shape \(3, 4, 6\)"),
        (np.zeros((0, 6), np.uint8), r"Got shape \(0, 6\)"),
        (np.zeros(6, np.uint8), r"Got shape \(6,\)"),
    ],
)
def test_arrays_that_are_no_images_are_refused(array, rule):
    with pytest.raises(UserError, match=rule):
        preparation().decode(array)


@pytest.mark.parametrize("content", [b"", b"text", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0" + bytes(50)])
def test_files_that_are_no_images_are_refused(content):
    with pytest.raises(UserError):
        preparation().decode(io.BytesIO(content))


def test_an_image_too_large_to_be_honest_is_refused(tmp_path, monkeypatch):
    Image.fromarray(random_image(100, 100)).save(tmp_path / "bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)

    with pytest.raises(UserError, match="decompression bomb"):
        preparation().decode(tmp_path / "bomb.png")


@pytest.mark.parametrize(
    ("sizes", "asked", "expected"),
    [
        ({(28, 28): 9}, None, (28, 28)),
        ({(20, 64): 9}, None, (20, 64)),
        ({(20, 65): 9}, None, (20, 20)),
        ({(224, 224): 9}, None, (64, 64)),
        ({(2, 2): 9}, None, (4, 4)),
        ({(30, 50): 1, (31, 90): 1, (99, 47): 1}, None, (32, 32)),
        ({(300, 500): 5, (20, 20): 4}, None, (64, 64)),
        ({(300, 500): 4, (20, 20): 5}, None, (20, 20)),
        ({(28, 28): 9}, 48, (48, 48)),
    ],
)
def test_the_size_is_chosen_from_the_data_unless_asked_for(sizes, asked, expected):
    assert choose_size(Counter(sizes), asked)[:2] == expected


def test_the_choice_of_a_smaller_size_says_how_to_choose_more():
    assert "--image-size" in choose_size(Counter({(500, 400): 3}), None)[2]
