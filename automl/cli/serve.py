"""`automl serve`."""

import os
from pathlib import Path
from typing import Annotated, Optional

import typer


def serve(
    model: Annotated[str, typer.Argument(help="NAME, NAME@ALIAS, NAME/VERSION, or a bundle's folder.")],
    host: Annotated[str, typer.Option(help="Address to listen at; 0.0.0.0: all of this machine's.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0: any that is free.")] = 8000,
    api_keys: Annotated[
        Optional[Path], typer.Option(help="File of API keys, one a line (or AUTOML_API_KEYS=key,key).")
    ] = None,
    max_body: Annotated[int, typer.Option(min=1, help="Bytes that a request may have.")] = 10_000_000,
    max_batch: Annotated[int, typer.Option(min=1, help="Inputs that a request may have.")] = 256,
    max_pixels: Annotated[int, typer.Option(min=1, help="Pixels that an image may have.")] = 25_000_000,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds that a request may take.")] = 30.0,
    reload: Annotated[float, typer.Option(min=0.1, help="Seconds between looks at whether the alias moved.")] = 10.0,
    home: Annotated[Optional[Path], typer.Option(help="Folder of results (default: automl_runs).")] = None,
    trust_plugins: Annotated[
        bool, typer.Option("--trust-plugins", help="Run plugins that a model of a remote store carries.")
    ] = False,
) -> None:
    """Serve a registered model over HTTP: /predict, /health, /ready, /metrics, /schema, /docs."""
    from automl.api.serving import KEYS, serve_model
    from automl.cli.output import plain
    from automl.serving.server import Limits, Settings

    keys = _keys(api_keys, os.environ.get(KEYS, ""))
    limits = Limits(body=max_body, batch=max_batch, pixels=max_pixels, seconds=timeout)
    if not keys and host not in ("127.0.0.1", "localhost", "::1"):
        plain(f"Anyone who reaches {host} may ask: there are no API keys (--api-keys FILE, or {KEYS}).")
    serve_model(model, Settings(host, port, keys, reload, limits), home=home, trust_plugins=trust_plugins, say=plain)


def _keys(file: Path | None, given: str) -> tuple[str, ...]:
    from automl.errors import UserError

    if file is None:
        return tuple(key.strip() for key in given.split(",") if key.strip())
    try:
        lines = file.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"The API keys can't be read from {file}: {error}.", hint="One key a line.") from error
    if not lines:
        raise UserError(f"{file} has no API key.", hint="One key a line; without --api-keys none is asked for.")
    return tuple(lines)
