"""What moved each prediction. Importing this imports neither torch nor captum."""

from automl.serving.explanation.explainer import Explainer, explainer_for

__all__ = ["Explainer", "explainer_for"]
