"""A search that was killed when its winner was registered, and hadn't noted yet that it has ended."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from unittest.mock import Mock

import pytest

import automl
from automl.api import resume_search
from automl.tracking import open_store

pytestmark = pytest.mark.integration


def test_the_winner_is_registered_once(
    tmp_path: Path,
    write_images: Callable[..., Path],
    without_ray: Callable[[], AbstractContextManager[None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    images, home = write_images(tmp_path / "images", {"dark": 30, "light": 30}), tmp_path / "runs"
    space = {"model": "mlp", "training.epochs": 2, "training.batch_size": 8}
    with without_ray():
        with monkeypatch.context() as killed:
            killed.setattr("automl.api.searches.note_end", Mock(side_effect=KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                automl.search(images, out=home, say=lambda line: None, trials=3, space=space)
        client = open_store(home).client()
        (before,) = client.search_model_versions("name = 'images'")
        outcome = resume_search(home=home, say=lambda line: None)
    (after,) = client.search_model_versions("name = 'images'")
    assert (after.version, after.aliases) == (before.version, before.aliases)
    assert outcome.registered is not None and outcome.registered.version == str(before.version)
    assert len(client.search_logged_models([client.get_run(str(before.run_id)).info.experiment_id])) == 1
