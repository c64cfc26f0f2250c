"""The search: what is proposed, how trials run, when it ends. The only package that imports Ray.

Nothing is imported here: `automl` imports this package, so that its function of the same name goes over it.
"""
