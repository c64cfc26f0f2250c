"""Images: files as multipart/form-data, one as the body itself, or base64 in JSON {"images": [...]}."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from email.message import Message
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from automl.data.pixels import opened
from automl.errors import UserError
from automl.serving.server.bodies import check_count, json_inputs
from automl.serving.server.problems import unprocessable
from automl.serving.server.reader import JSON, Reader, Schema, Unreadable
from automl.serving.server.schemas import listed

if TYPE_CHECKING:
    from automl.data import ImagePreparation
    from automl.serving.server.settings import Limits

FORM = "multipart/form-data"
FILES = ("image/png", "image/jpeg", "image/bmp", "image/tiff", "image/webp")


class ImageReader(Reader):
    """Decodes as the training images were decoded."""

    media_types = (JSON, FORM, *FILES)

    def __init__(self, preparation: ImagePreparation, limits: Limits) -> None:
        self._preparation = preparation
        self._limits = limits

    def read(self, body: bytes, media_type: str, parameters: dict[str, str]) -> list[Any]:
        if media_type == FORM:
            files = _form_files(body, parameters.get("boundary", ""))
        elif media_type == JSON:
            files = [_unpacked(text) for text in json_inputs(body, "images", self._limits.batch)]
        else:
            files = [body]
        check_count(len(files), self._limits.batch)
        return [self._decode(number, file) for number, file in enumerate(files)]

    def _decode(self, number: int, file: bytes) -> np.ndarray:
        try:
            with opened(BytesIO(file)) as image:
                pixels = image.width * image.height
            if pixels <= self._limits.pixels:
                return self._preparation.decode(BytesIO(file))
        except (UserError, MemoryError):
            raise unprocessable(f"Image {number} can't be decoded: PNG, JPEG, BMP, TIFF and WebP can.") from None
        raise unprocessable(f"Image {number} has {pixels:,} pixels; up to {self._limits.pixels:,} are taken.")

    def prepare(self, inputs: Sequence[Any]) -> tuple[np.ndarray, list[Unreadable]]:
        return np.stack(inputs), []

    def schemas(self) -> dict[str, Schema]:
        file = {"type": "string", "format": "binary"}
        form = {"type": "object", "properties": {"files": {"type": "array", "items": file}}, "required": ["files"]}
        encoded = {"type": "string", "format": "byte"}
        return {JSON: listed("images", encoded, self._limits.batch), FORM: form, **dict.fromkeys(FILES, file)}

    def example(self) -> list[Any]:
        return [np.zeros(self._preparation.shape, np.uint8)]


def _unpacked(text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise unprocessable("Each of the images must be a string of base64.") from None


def _form_files(body: bytes, boundary: str) -> list[bytes]:
    """The contents of a form's parts that are files."""
    from python_multipart.exceptions import MultipartParseError
    from python_multipart.multipart import MultipartParser

    parts: list[tuple[bytearray, bytearray]] = []
    field = bytearray()

    def begin() -> None:
        parts.append((bytearray(), bytearray()))

    def header_field(data: bytes, start: int, end: int) -> None:
        field.extend(data[start:end])

    def header_value(data: bytes, start: int, end: int) -> None:
        if field.lower() == b"content-disposition":
            parts[-1][0].extend(data[start:end])

    def content(data: bytes, start: int, end: int) -> None:
        parts[-1][1].extend(data[start:end])

    try:
        parser = MultipartParser(
            boundary.encode("latin-1"),
            {
                "on_part_begin": begin,
                "on_header_field": header_field,
                "on_header_value": header_value,
                "on_header_end": field.clear,
                "on_part_data": content,
            },
        )
        parser.write(body)
        parser.finalize()
    except (MultipartParseError, UnicodeEncodeError, ValueError):
        raise unprocessable("The body isn't the form that its boundary says.") from None
    return [bytes(data) for disposition, data in parts if _is_file(disposition)]


def _is_file(disposition: bytearray) -> bool:
    header = Message()
    header["content-disposition"] = disposition.decode("latin-1")
    return header.get_filename() is not None
