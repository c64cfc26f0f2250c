"""Texts, from a table or a folder of files to a `Dataset`."""

from automl.components import texts_of
from automl.data.text.preparation import TextPreparation
from automl.data.text.rows import rows_of

__all__ = ["TextPreparation", "rows_of", "texts_of"]
