"""Progress of a build: a bar where a person looks on, a plain line a dataset elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mg_cdisc.cli.terminal import on_terminal, say
from mg_cdisc.deliver import Progress


@contextmanager
def progress(*, quiet: bool) -> Iterator[Progress | None]:
    """What a build tells its progress to while the block lasts; None where none is wanted."""
    if quiet:
        yield None
    elif on_terminal(err=True):
        with _bar() as told:
            yield told
    else:
        yield Lines()


class Lines:
    """One line when sources are read, one for each dataset as it begins, one when all is written."""

    def __init__(self) -> None:
        self.said: set[str] = set()

    def __call__(self, phase: str, what: str, done: int, of: int) -> None:
        text = {
            "reading": f"reading {of} source{'' if of == 1 else 's'}",
            "building": f"building {what.split(' ', 1)[0]}",
            "writing": "writing and reading back",
        }[phase]
        if text not in self.said:
            self.said.add(text)
            say(text, err=True)


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as RichProgress

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with RichProgress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("", total=None, visible=False)

        def told(phase: str, what: str, done: int, of: int) -> None:
            shown.update(
                task,
                description=f"{phase} {what}"[:36].ljust(36),
                completed=done,
                total=of,
                visible=True,
            )

        yield told
