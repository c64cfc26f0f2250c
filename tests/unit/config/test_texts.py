"""Keys of messages: they choose the domain, are refused elsewhere, and say what is answered where no class fits."""

import pytest

from automl.config import load_experiment
from automl.errors import UserError


@pytest.mark.parametrize(
    ("flags", "domain"),
    [
        ({"task": "text-classification"}, "texts"),
        ({"text": "body"}, "texts"),
        ({"text": "body", "target": "intent"}, "texts"),
        ({"out_of_scope": ["others.csv"]}, "texts"),
        ({"target": "default"}, "tables"),
        ({"task": "token-classification"}, "entities"),
    ],
)
def test_the_domain_is_that_of_what_the_keys_are_for(flags: dict[str, object], domain: str) -> None:
    assert load_experiment(flags={"data": "rows.csv", **flags}).domain == domain


def test_columns_of_a_message_are_listed_by_commas() -> None:
    assert load_experiment(flags={"data": "rows.csv", "text": "subject, body"}).text == ("subject", "body")


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"text": "body", "domain": "images"}, "text (option --text) is for texts; the task is image-classification."),
        ({"mask_pii": True, "domain": "tables", "target": "y"}, "mask_pii (option --mask-pii) is for texts"),
        ({"columns": {"a": "text"}, "domain": "texts"}, "columns (option --column) is for tables"),
        ({"target": "y", "domain": "images"}, "target (option --target) is for tables and texts"),
    ],
)
def test_keys_of_other_data_are_refused(flags: dict[str, object], said: str) -> None:
    with pytest.raises(UserError) as refused:
        load_experiment(flags={"data": "rows.csv", **flags})
    assert refused.value.message.startswith(said)
    assert "--domain" in str(refused.value.hint)


@pytest.mark.parametrize(
    ("flags", "rejects"),
    [
        ({"domain": "texts"}, None),
        ({"domain": "texts", "out_of_scope": "others.csv"}, "out_of_scope"),
        ({"domain": "texts", "out_of_scope": ["a.csv", "b.csv"], "out_of_scope_label": "other"}, "other"),
        ({"domain": "customer_service"}, "out_of_scope"),
        ({"domain": "customer_service", "out_of_scope_label": "none"}, None),
    ],
)
def test_what_is_answered_where_no_class_fits(flags: dict[str, object], rejects: str | None) -> None:
    assert load_experiment(flags={"data": "rows.csv", **flags}).rejects == rejects


def test_a_domain_of_texts_without_a_demo_needs_data() -> None:
    with pytest.raises(UserError, match="texts has no built-in demo") as refused:
        load_experiment(flags={"domain": "texts"})
    assert "messages.csv" in str(refused.value.hint)


@pytest.mark.parametrize("domain", ["texts", "customer_service"])
def test_a_domain_of_texts_goes_for_entities_in_them_too(domain: str) -> None:
    known = load_experiment(flags={"domain": "entities", "data": "a.conll"})
    found = load_experiment(flags={"domain": domain, "data": "a.conll", "task": "token-classification"})
    assert (found.domain, found.metric, found.space) == (domain, "entity_f1", known.space)
    assert found.rejects is None and found.demo is None
    assert found.is_text and found.is_per_word


@pytest.mark.parametrize("flags", [{"domain": "entities"}, {"task": "token-classification"}])
def test_entities_need_data(flags: dict[str, object]) -> None:
    with pytest.raises(UserError, match="entities has no built-in demo") as refused:
        load_experiment(flags=flags)
    assert "sentences.conll" in str(refused.value.hint)
