"""Encoders that a search is to begin with, and can't: said before the first trial."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Search = Callable[..., Any]
ENGLISH = ("where is my card number", "please send the money back to account")


def write(path: Path, texts: tuple[str, ...]) -> Path:
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["text", "label"])
        table.writerows([f"{text} {number}", label] for number in range(30) for label, text in enumerate(texts))
    return path


@pytest.fixture
def messages(tmp_path: Path) -> Path:
    return write(tmp_path / "messages.csv", ENGLISH)


@pytest.fixture
def unreachable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The hub is out of reach, its cache empty, and the package with an encoder isn't installed."""
    from automl_plugins.models import _encoder
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "empty"))
    monkeypatch.setattr(_encoder, "OFFLINE", "no_such_package")


def _search(search: Search, messages: Path, *arguments: Any) -> Any:
    return search("--domain", "customer_service", "--trials", 3, *arguments, data=messages)


@pytest.mark.usefixtures("unreachable")
def test_an_encoder_that_cannot_be_had_is_left_out_of_a_domain_and_that_is_said(search: Search, messages: Path) -> None:
    ran = _search(search, messages)

    said = " ".join(ran.out.split())
    assert "All checks are passed." in ran.err
    assert (
        "Not searched: model pretrained_encoder. The encoder sentence-transformers/all-MiniLM-L6-v2 is neither" in said
    )


@pytest.mark.usefixtures("unreachable")
@pytest.mark.parametrize(
    "asked",
    [
        ("--models", "pretrained_encoder"),
        ("--models", "bag_of_ngrams,pretrained_encoder"),
        ("--set", "model.pretrained_encoder.name=someone/encoder"),
    ],
)
def test_where_it_was_asked_for_it_is_an_error(search: Search, messages: Path, asked: tuple[str, str]) -> None:
    ran = _search(search, messages, *asked)

    said = " ".join(ran.err.split())
    assert ran.code == 2 and "is neither in Hugging Face's cache on this machine nor to be fetched" in said
    assert "Next: Go online once, name a folder (--set model.pretrained_encoder.name=PATH)" in said


def test_a_folder_that_is_not_there_is_an_error(search: Search, messages: Path) -> None:
    ran = _search(search, messages, "--set", "model.pretrained_encoder.name=/no/such/folder")

    assert ran.code == 2 and "There is no folder /no/such/folder" in ran.err
