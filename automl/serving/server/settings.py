"""What a server keeps to."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Limits:
    """What is refused, before it costs anything.

    Args:
        body: Bytes of a request.
        batch: Inputs of a request.
        pixels: Of an image, by its header: a small file may unpack to gigabytes.
        seconds: That a request may take, its body's arrival included.
        waiting: Inputs that wait for the model; more are turned away with 503.
    """

    body: int = 10_000_000
    batch: int = 256
    pixels: int = 25_000_000
    seconds: float = 30.0
    waiting: int = 4096


@dataclass(frozen=True)
class Settings:
    """Where a server listens, and to whom.

    Args:
        keys: One of them must come with each request but /health and /ready; none are asked for where there are none.
        reload: Seconds between looks at whether the alias has moved.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    keys: tuple[str, ...] = ()
    reload: float = 10.0
    limits: Limits = field(default_factory=Limits)
