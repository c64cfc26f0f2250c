"""What was read of texts, kept on disk: computed once for all trials and all searches."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from automl.files import replacing

KEY_BYTES = 16
CHUNK = 4096
"""Texts that are read and written at a time: who is ended in the middle leaves what was done to the next."""


def read_once(folder: Path, texts: Sequence[str], read: Callable[[list[str]], np.ndarray]) -> np.ndarray:
    """What `read` makes of distinct texts (N, ...); those that any process has read before are taken from `folder`.

    Texts are known by their hash, none is stored. While one process reads, others wait: their texts will be the same.
    """
    keys = [hashlib.sha256(text.encode()).digest()[:KEY_BYTES] for text in texts]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = _known(folder)
        new = [(key, text) for key, text in dict(zip(keys, texts, strict=True)).items() if key not in known]
        for start in range(0, len(new), CHUNK):
            chunk = new[start : start + CHUNK]
            rows = read([text for _, text in chunk])
            _write(folder, [key for key, _ in chunk], rows)
            known.update((key, row) for (key, _), row in zip(chunk, rows, strict=True))
    longest = max(len(known[key]) for key in keys)
    return np.stack([np.pad(row, (0, longest - len(row))) for row in (known[key] for key in keys)])


def _known(folder: Path) -> dict[bytes, np.ndarray]:
    known: dict[bytes, np.ndarray] = {}
    for file in sorted(folder.glob("*.safetensors")):
        try:
            found = load_file(file)
            known.update(zip(map(bytes, found["keys"]), found["rows"], strict=True))
        except (OSError, SafetensorError, KeyError, ValueError):
            file.unlink(missing_ok=True)  # a damaged file is read anew
    return known


def _write(folder: Path, keys: list[bytes], rows: np.ndarray) -> None:
    name = hashlib.sha256(b"".join(keys)).hexdigest()[:KEY_BYTES]
    array = np.frombuffer(b"".join(keys), np.uint8).reshape(len(keys), KEY_BYTES)
    with replacing(folder / f"{name}.safetensors", rows.nbytes) as file:
        save_file({"keys": array, "rows": np.ascontiguousarray(rows)}, file)
