"""Progress of fetching, and of reading the log, on the terminal."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from regard.models.card import Card, Task
from regard.models.cards import default_cards
from regard.models.weights import WeightStore


def pull(store: WeightStore, cards: Sequence[Card], console: Console, source: Path | None = None) -> None:
    """Fetches `cards` with a bar each. Raises WeightsError."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bars:
        tasks: dict[str, TaskID] = {}

        def show(card: Card, done: int, total: int) -> None:
            if card.name not in tasks:
                tasks[card.name] = bars.add_task(card.name)
            bars.update(tasks[card.name], completed=done, total=total)

        store.pull(cards, source=source, progress=show)


def pull_missing(store: WeightStore, console: Console, tasks: Collection[str] = get_args(Task)) -> None:
    """Fetches the default networks for `tasks` that are not here yet; says nothing where none is missing.

    Raises WeightsError.
    """
    cards = [card for card in default_cards() if card.task in tasks and card.carriers]
    missing = [card for card in cards if not (store.folder / card.file).is_file()]
    if missing:
        console.print(f"Fetching {len(missing)} networks into {store.folder}, once", highlight=False, soft_wrap=True)
        pull(store, missing, console)


@contextmanager
def counting(console: Console, what: str, *, is_shown: bool = True) -> Iterator[Callable[[int, int], None]]:
    """A bar while in the context, on a terminal only; calling it says how many are done, and of how many."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    is_off = not is_shown or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=is_off) as bars:
        task = bars.add_task(what)
        yield lambda done, total: bars.update(task, completed=done, total=total)
