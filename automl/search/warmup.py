"""What a worker imports before its first trial: begun as soon as Ray is up, while the driver still prepares."""


def import_training() -> None:
    """Imports what the first epoch needs. An optimizer's first step imports `torch._dynamo`: 4 s, the longest of all."""
    import ray.tune  # noqa: F401
    import torch._dynamo  # noqa: F401

    import automl.training.trainer  # noqa: F401
