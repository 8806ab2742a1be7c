"""What a process and all its children spend of the processor, as the system counts it."""

import os
import statistics
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from bench.claim import Sample

ENDING_SECONDS = 0.1
TICKS = os.sysconf("SC_CLK_TCK")
PARENT, FIRST_TIME, LAST_TIME = 1, 11, 15  # fields of /proc/<pid>/stat after the name


def cpu_seconds(roots: Iterable[int]) -> float:
    """Return the seconds of processor of these processes, their children, living or ended."""
    stats = _stats()
    children: dict[int, list[int]] = {}
    for pid, fields in stats.items():
        children.setdefault(int(fields[PARENT]), []).append(pid)
    waiting, seen = list(roots), set()
    ticks = 0
    while waiting:
        pid = waiting.pop()
        if pid in seen or pid not in stats:
            continue
        seen.add(pid)
        ticks += sum(int(field) for field in stats[pid][FIRST_TIME:LAST_TIME])
        waiting += children.get(pid, ())
    return ticks / TICKS


def _stats() -> dict[int, list[str]]:
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                line = (folder / "stat").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended meanwhile: its parent counts it
            found[int(folder.name)] = line.rpartition(")")[2].split()
    return found


def measured(work: Callable[[], int], roots: Iterable[int]) -> Sample:
    """Do some work, which returns how many it did, and say what it took of these processes."""
    roots = tuple(roots)
    before, started = cpu_seconds(roots), time.perf_counter()
    count = work()
    wall = time.perf_counter() - started
    time.sleep(ENDING_SECONDS)  # who has just hung up is counted once it is gone
    return Sample(count, wall, cpu_seconds(roots) - before)


def median(samples: Iterable[Sample], figure: Callable[[Sample], float]) -> float:
    """Return the median of a figure over the rounds."""
    return statistics.median(figure(sample) for sample in samples)
