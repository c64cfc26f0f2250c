"""Memory that can be taken."""

import os

from automl.data import memory

GIB = 2**30


def test_it_is_less_than_the_machine_has():
    assert 0 < memory.available_memory() <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def test_a_container_s_limit_counts_and_files_that_were_read_do_not(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "PROC", tmp_path)
    monkeypatch.setattr(memory, "CGROUP", tmp_path)
    (tmp_path / "meminfo").write_text(f"MemFree: 1 kB\nMemAvailable:   {32 * GIB // 1024} kB\n")
    assert memory.available_memory() == 32 * GIB

    (tmp_path / "memory.max").write_text(f"{8 * GIB}\n")
    (tmp_path / "memory.current").write_text(f"{7 * GIB}\n")
    (tmp_path / "memory.stat").write_text(f"anon {3 * GIB}\ninactive_file {4 * GIB}\n")
    assert memory.available_memory() == 5 * GIB

    (tmp_path / "memory.max").write_text("max\n")
    assert memory.available_memory() == 32 * GIB
