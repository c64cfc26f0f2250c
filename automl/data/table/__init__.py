"""Tables: what their columns are, and how raw rows become arrays. Importing this loads no pandas."""

from automl.data.table.preparation import TablePreparation
from automl.data.table.read import read_blocks
from automl.data.table.unread import Unread

__all__ = ["TablePreparation", "Unread", "read_blocks"]
