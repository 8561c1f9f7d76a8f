"""A progress bar for anything that takes more than two seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bayesinf.numerics.nuts import Progress
from bayesinf.options import options

PATIENCE = 2.0
"""Seconds before the bar appears; shorter waits need no bar."""


@contextmanager
def progress_bar(title: str, unit: str = "draws") -> Iterator[Callable[[Progress], None] | None]:
    """Shows what is done, divergences and the time left once `PATIENCE` has passed.

    In terminals and notebooks; in pipes and logs, and with `bi.options.progress = False`, nothing.

    Args:
        title: What is being computed.
        unit: What is counted; divergences are shown beside draws only.

    Yields:
        A function that is told of progress, or None where nothing is shown.
    """
    if not options.progress or not (sys.stderr.isatty() or "ipykernel" in sys.modules):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress as Bar, TextColumn, TimeRemainingColumn

    divergent = ", {task.fields[divergences]} divergent" if unit == "draws" else ""
    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f} " + unit + divergent),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    task = bar.add_task(title, total=None, divergences=0)

    def report(progress: Progress) -> None:
        if progress.seconds < PATIENCE and not bar.live.is_started:
            return
        # Before the first start too: a bar without a total cannot be drawn.
        bar.update(
            task, total=progress.total, completed=progress.done, divergences=progress.divergences
        )
        if not bar.live.is_started:
            bar.start()

    try:
        yield report
    finally:
        if bar.live.is_started:
            bar.stop()
