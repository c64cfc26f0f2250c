"""automl: search model x augmentation x regularizer x training settings; log every trial; register the best."""

__version__ = "0.1.0"
