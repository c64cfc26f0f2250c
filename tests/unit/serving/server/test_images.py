"""Images over HTTP."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from automl.serving.server.settings import Limits
from automl.training.trained import TrainedModel

from .conftest import Bundle, Serve

PIXELS = np.random.default_rng(0).integers(0, 255, (2, 1, 8, 8), dtype=np.uint8)


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


FILES = [png(image[0]) for image in PIXELS]


def test_files_base64_and_a_body_give_what_the_model_gives(image_bundle: Bundle, serve: Serve) -> None:
    folder = image_bundle()
    client = serve(folder)
    form = client.post("/predict", files=[("files", (f"{n}.png", file, "image/png")) for n, file in enumerate(FILES)])
    encoded = client.post("/predict", json={"images": [base64.b64encode(file).decode() for file in FILES]})
    one = client.post("/predict", content=FILES[1], headers={"content-type": "image/png"})
    outputs = TrainedModel.load(folder).predict(PIXELS).tolist()
    assert [list(row["probabilities"].values()) for row in form.json()["predictions"]] == outputs
    assert encoded.json() == form.json()
    assert one.json()["predictions"] == form.json()["predictions"][1:]


def test_a_field_of_a_form_that_is_no_file_is_no_image(image_bundle: Bundle, serve: Serve) -> None:
    client = serve(image_bundle())
    answer = client.post("/predict", data={"note": "mine"}, files=[("files", ("a.png", FILES[0], "image/png"))])
    assert len(answer.json()["predictions"]) == 1


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"no image, but secret", "image/png"),
        (FILES[0][:60], "image/png"),
        (b'{"images": ["@"]}', "application/json"),
        (b'{"images": [7]}', "application/json"),
        (b"--x\r\n", "multipart/form-data"),
        (b"--x\r\nsecret", "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data; boundary=x"),
    ],
)
def test_what_is_no_image_is_refused(image_bundle: Bundle, serve: Serve, content: bytes, media_type: str) -> None:
    answer = serve(image_bundle()).post("/predict", content=content, headers={"content-type": media_type})
    assert answer.status_code == 422
    assert "secret" not in answer.text


def test_a_small_file_of_many_pixels_is_not_unpacked(image_bundle: Bundle, serve: Serve) -> None:
    bomb = png(np.zeros((3000, 3000), np.uint8))
    assert len(bomb) < 20_000
    client = serve(image_bundle(), limits=Limits(pixels=1_000_000))
    answer = client.post("/predict", content=bomb, headers={"content-type": "image/png"})
    assert answer.status_code == 422 and "9,000,000 pixels" in answer.json()["detail"]
