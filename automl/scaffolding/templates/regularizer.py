"""A regularizer of one's own in one file. It works as it is: replace what it does to training with yours.

See whether it keeps its contract:  automl plugins check plugin_name.py
Train with it:                      automl search --plugin plugin_name.py --set regularizer.plugin_name=true
"""

from typing import Annotated

from automl.plugin import Float, Regularizer, regularizer


# Its name in searches and reports. Each trial switches it on or off, under the name regularizer.plugin_name.
# `neutral` (optional) tells the check at which values it must change nothing; `live` (optional) which arguments may
# change while a trial trains.
@regularizer("plugin_name", neutral={"strength": 0.0}, live=("strength",))
def plugin_name(
    # Every argument is searched, as regularizer.plugin_name.strength: here a number from 1e-6 to 0.01, tried on a
    # logarithmic scale. The default (1e-4) is needed. There are also Int(1, 9), Choice(1, 2, 4), Literal["a", "b"] and
    # bool. An argument called `task` (of the type Task) isn't searched: it is given, and says what the data is like.
    strength: Annotated[float, Float(1e-6, 1e-2, log=True)] = 1e-4,
) -> Regularizer:
    """Adds strength x the sum of the squared weights to the loss."""  # needed: `automl plugins list` shows this line
    # Imported here, not at the top of the file: `automl plugins list` then answers without loading torch.
    import torch
    from torch import Tensor, nn

    # All hooks of Regularizer do nothing until they are overridden; this one is called with each training batch. There
    # are also loss (another loss function), wrap_model (change the model), after_step (change the weights),
    # evaluation_model (validate and keep an average of the weights, say): help(automl.plugin.Regularizer) lists them.
    class Penalty(Regularizer):
        def penalty(self, model: nn.Module) -> Tensor:
            # Matrices and kernels; biases and norms, which have one dimension, are left alone.
            weights = [parameter for parameter in model.parameters() if parameter.ndim > 1]
            return strength * torch.stack([weight.square().sum() for weight in weights]).sum()

    return Penalty()
