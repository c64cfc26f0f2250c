"""What stands on the pages of the documentation: fenced blocks, and the commands among them."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    language: str
    text: str

    @property
    def file(self) -> str | None:
        """The name of the file that it is: its first line says so."""
        match = re.match(r"# (\S+\.(?:py|yaml))\n", self.text)
        return match[1] if match else None

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}: {self.text.splitlines()[0]}"


def blocks(page: Path) -> list[Block]:
    found = re.findall(r"^```(\w+)\n(.*?)^```$", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    return [Block(page, language, text) for language, text in found]


def commands(page: Path) -> list[str]:
    """The commands of a page, one per line; comments and continued lines are the shell's."""
    shell = [block.text.replace("\\\n", " ") for block in blocks(page) if block.language in ("bash", "sh", "console")]
    lines = (shlex.join(shlex.split(line, comments=True)) for text in shell for line in text.splitlines())
    return [line for line in lines if line]
