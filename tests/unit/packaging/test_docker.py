"""The image and the stack are what docker/README.md says."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = ROOT / "docker" / "compose.yaml"


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
    return found


def test_the_stack_is_valid() -> None:
    """As Docker itself reads it, where there is one; the values that it needs have defaults."""
    if (
        shutil.which("docker") is None
        or subprocess.run(["docker", "compose", "version"], capture_output=True).returncode
    ):
        pytest.skip("no docker compose here")
    done = subprocess.run(["docker", "compose", "--file", COMPOSE, "config", "--quiet"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_whatever_is_published_is_on_loopback(services: dict[str, Any]) -> None:
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert len(published) == 2
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_secrets_come_from_files(services: dict[str, Any]) -> None:
    for name, service in services.items():
        for key, value in service.get("environment", {}).items():
            secret = re.search(r"password|key|token", key, re.I)
            assert secret is None or value.startswith("/run/secrets/"), f"{key} of {name}"
    text = COMPOSE.read_text(encoding="utf-8")
    assert "://mlflow@database" in text, "the password isn't in the database's address"
    assert "docker/secrets/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_servers_say_whether_they_are_healthy_and_mlflow_answers_to_its_names_alone(services: dict[str, Any]) -> None:
    for name in ("database", "mlflow", "serve"):
        assert "healthcheck" in services[name]
    assert "--allowed-hosts=mlflow:5000" in services["mlflow"]["command"][0]


def test_what_is_served_are_options_of_automl_serve(services: dict[str, Any]) -> None:
    from typer.main import get_command

    from automl.cli.main import app

    options = {option for parameter in get_command(app).commands["serve"].params for option in parameter.opts}  # type: ignore[attr-defined]
    words = services["serve"]["command"]
    assert words[0] == "serve"
    assert {word.partition("=")[0] for word in words[2:]} <= options


def test_the_image_has_no_root_and_all_that_it_copies() -> None:
    assert DOCKERFILE.index("\nUSER automl") < DOCKERFILE.index("\nENTRYPOINT")
    assert "\nHEALTHCHECK" in DOCKERFILE
    sent = (ROOT / "docker" / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    copied = [word for line in re.findall(r"^COPY (.+) \S+$", DOCKERFILE, re.M) for word in line.split()]
    assert copied
    for name in copied:
        assert (ROOT / name).exists() and f"!{name}" in sent, name
