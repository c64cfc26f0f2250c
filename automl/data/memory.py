"""How much memory there is."""

import os
from pathlib import Path

PROC, CGROUP = Path("/proc"), Path("/sys/fs/cgroup")


def available_memory() -> int:
    """Bytes that can be taken without swapping: the machine's, or the container's where that is less."""
    machine = PROC / "meminfo"
    if not machine.exists():  # macOS
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    fields = dict(line.split(":", 1) for line in machine.read_text().splitlines())
    available = int(fields["MemAvailable"].split()[0]) * 1024
    try:
        limit = (CGROUP / "memory.max").read_text().strip()
        if limit != "max":
            counted = dict(line.split() for line in (CGROUP / "memory.stat").read_text().splitlines())
            # Files that were read count as used there, but make room when asked to.
            used = int((CGROUP / "memory.current").read_text()) - int(counted["inactive_file"])
            available = min(available, int(limit) - used)
    except OSError:  # Not in a container with cgroups v2.
        pass
    return max(available, 0)
