"""Sentences whose words have labels: files of CoNLL's form or JSON lines as a `Dataset`, and messages to predict."""

from automl.data.words.marked import Marked, lay
from automl.data.words.read import read_marked_blocks

__all__ = ["Marked", "lay", "read_marked_blocks"]
