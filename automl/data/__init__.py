"""Inputs and targets, from a folder or file to split, prepared arrays. Importing this loads neither PIL nor pandas."""

from automl.data.dataset import Dataset, Split
from automl.data.load import load_dataset, load_inputs
from automl.data.preparation import ImagePreparation
from automl.data.preparations import Preparation, preparation_from_dict, preparation_to_dict
from automl.data.report import DataReport
from automl.data.table import TablePreparation, Unread, read_blocks
from automl.data.table.load import TableOptions, load_table
from automl.data.text import TextPreparation, rows_of, texts_of
from automl.data.text.load import load_text
from automl.data.text.options import TextOptions
from automl.data.text.read import read_message_blocks
from automl.data.words import Marked, lay, read_marked_blocks
from automl.data.words.load import load_words

__all__ = [
    "DataReport",
    "Dataset",
    "ImagePreparation",
    "Marked",
    "Preparation",
    "Split",
    "TableOptions",
    "TablePreparation",
    "TextOptions",
    "TextPreparation",
    "Unread",
    "lay",
    "load_dataset",
    "load_inputs",
    "load_table",
    "load_text",
    "load_words",
    "preparation_from_dict",
    "preparation_to_dict",
    "read_blocks",
    "read_marked_blocks",
    "read_message_blocks",
    "rows_of",
    "texts_of",
]
