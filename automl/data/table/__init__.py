"""Tables: what their columns are, and how raw rows become arrays. Importing this loads no pandas."""

from automl.data.table.preparation import TablePreparation

__all__ = ["TablePreparation"]
