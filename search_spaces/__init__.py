"""One YAML file per domain."""
