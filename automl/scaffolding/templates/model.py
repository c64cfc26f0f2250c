"""A model of one's own in one file. It works as it is: replace its layers with yours.

See whether it keeps its contract:  automl plugins check plugin_name.py
Let it compete:                     automl search --plugin plugin_name.py --models plugin_name,small_cnn
"""

from typing import Annotated

from automl.plugin import Float, Int, Task, model


# Its name in searches and reports, and the kinds of task that it is for.
@model("plugin_name", task="image")
def plugin_name(
    # What the data is like: `input_shape` is (channels, height, width) of an image, `num_outputs` the output's width.
    task: Task,
    # Every other argument is searched, as model.plugin_name.width: a whole number from 8 to 128, tried on a logarithmic
    # scale. The default (32) is needed, because the first trial is made of defaults.
    width: Annotated[int, Int(8, 128, log=True)] = 32,
    # A number from 0 to 0.6. There are also Choice(1, 2, 4), Literal["mean", "max"] and bool; and with
    # Float(0.0, 0.6, when={"width": [16, 32]}) this argument would only exist at these widths.
    dropout: Annotated[float, Float(0.0, 0.6)] = 0.1,
) -> object:
    """Two convolutions, the mean over all places, one linear layer."""  # needed: `automl plugins list` shows this line
    # Imported here, not at the top of the file: `automl plugins list` then answers without loading torch.
    from torch import nn

    # Any nn.Module: it is given float32 images (N, channels, height, width), normalized, and returns
    # (N, task.num_outputs): a logit for each class, or the values of a regression.
    return nn.Sequential(
        nn.Conv2d(task.input_shape[0], width, kernel_size=3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.Conv2d(width, 2 * width, kernel_size=3, padding=1, bias=False),
        nn.BatchNorm2d(2 * width),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),  # one value per channel, whatever the size of the images
        nn.Flatten(),
        nn.Dropout(dropout),
        nn.Linear(2 * width, task.num_outputs),
    )
