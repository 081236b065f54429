"""What asks for the contract in a process of its own."""

from threading import Barrier, Thread

from shop.api.views import build_schema


def read_at_once(readers: int) -> list[int]:
    """Ask in so many threads at once, as the first of a process; return path counts."""
    start = Barrier(readers)
    counts: list[int] = []

    def read() -> None:
        start.wait()
        counts.append(len(build_schema("1")["paths"]))

    threads = [Thread(target=read) for _ in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return counts
