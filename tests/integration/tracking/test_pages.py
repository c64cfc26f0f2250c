"""Where `automl ui` opens."""

import pytest
from made_up import tracker

from automl.errors import UserError
from automl.tracking import Store
from automl.tracking.pages import EXPERIMENTS, find_page

pytestmark = pytest.mark.integration


def search(store: Store, name: str) -> str:
    """The address of its leaderboard."""
    with tracker(store, name, "images") as recorded:
        recorded.search_summary(metrics={}, note="It won.", winner=None)
        recorded.flush()
        address = recorded.leaderboard_url("")
        note = store.client().get_run(recorded.parent_run_id).data.tags["mlflow.note.content"]
    assert f"]({address.lstrip('/')})" in note and "-charts&" in note and note.startswith("It won.")
    return address


def test_it_opens_on_the_search_that_is_named_or_on_the_latest(store: Store) -> None:
    assert find_page(store, None) == EXPERIMENTS
    with pytest.raises(UserError, match="no search yet"):
        find_page(store, "last")
    first, second = search(store, "20260101-000000-images"), search(store, "20260102-000000-images")
    assert find_page(store, "20260101-000000-images") == first
    assert find_page(store, None) == find_page(store, "last") == second
    with pytest.raises(UserError, match="Unknown search") as refused:
        find_page(store, "20260101-000000-image")
    assert "20260101-000000-images" in str(refused.value.hint)
