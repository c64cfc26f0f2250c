"""Servers that end with the test."""

from collections.abc import Callable, Iterator

import pytest
from served import Server


@pytest.fixture
def start() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def make(*words: str) -> Server:
        servers.append(Server(*words))
        return servers[-1]

    yield make
    for server in servers:
        server.process.kill()
