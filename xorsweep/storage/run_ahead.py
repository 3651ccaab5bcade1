"""Work on items in threads, some of them ahead of the one that is needed next."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def run_ahead(
    function: Callable[[Item], Result], items: Iterable[Item], threads: int
) -> Iterator[tuple[Item, Future[Result]]]:
    """Yield each item, in order, with its result to come, while the next ones are under way.

    It pays for functions that don't hold Python's lock.
    """
    under_way: deque[tuple[Item, Future[Result]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for item in items:
            under_way.append((item, pool.submit(function, item)))
            # No more are started ahead than there are threads, so that memory stays bounded.
            if len(under_way) > threads:
                yield under_way.popleft()
        yield from under_way
