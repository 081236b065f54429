"""Small film lists for tests."""

from pathlib import Path

from shop.demo.films import COLUMNS

HEADER = ",".join(COLUMNS)
ROWS = (
    "1776,1972-11-09,Drama,Historical Fiction,,Sony,Peter Hunt,G,141,7,4099,,",
    "King Kong,1933-04-07,Action,Fantasy,,RKO,,,,8,31018,10000000,",
    (
        "King Kong,2005-12-14,Action,Fantasy,Remake,Universal,Peter Jackson,PG-13,"
        "187,7.6,132720,550517357,140752353"
    ),
    "Amélie 🎬,2001-11-02,,,,,Jean-Pierre Jeunet,R,121,8.5,181085,174201661,",
)


def write_list(path: Path, *rows: str) -> Path:
    """Write rows under the header."""
    path.write_text("\n".join((HEADER, *rows)), encoding="utf-8")
    return path
