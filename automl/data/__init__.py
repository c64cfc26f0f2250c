"""Images and targets, from a folder or a file to split, prepared arrays. Importing this loads no PIL and no sklearn."""

from automl.data.dataset import Dataset, Split
from automl.data.load import load_dataset, load_inputs
from automl.data.preparation import ImagePreparation
from automl.data.report import DataReport

__all__ = ["DataReport", "Dataset", "ImagePreparation", "Split", "load_dataset", "load_inputs"]
