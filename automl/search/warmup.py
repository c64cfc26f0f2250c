"""What a worker imports when it starts: while the driver still prepares, so that the first trial needn't wait."""


def import_training() -> None:
    """Imports what the first epoch needs; Ray calls it in each new worker (`worker_process_setup_hook`)."""

    import automl.training.trainer  # noqa: F401
