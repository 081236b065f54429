"""The snippets of docs/api, and the answers that stand below them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

HOME = Path(settings.BASE_DIR) / "docs" / "api"
RUN = {"sh", "python", "ts", "js"}
ANSWERS = {"json", "xml", "http", "text"}
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# Right above a snippet that is a file, or that a test module of its own runs.
_SOURCE = re.compile(r"<!-- (run by )?(\S+) -->\n\Z")


@dataclass
class Snippet:
    """Code of a page.

    Attributes:
        place: Page and line, for who mends it.
        language: One of ``RUN``.
        code: As it is written.
        source: The file that it must be, by its path in the project; mostly empty.
        runner: The test module that runs it, by its path; mostly empty.
        kind: Language of the answer below it, empty without one.
        answer: What is shown there.
    """

    place: str
    language: str
    code: str
    source: str = ""
    runner: str = ""
    kind: str = ""
    answer: str = ""


def guide_pages() -> list[Path]:
    """Return the pages in the order in which they are read."""
    first = HOME / "README.md"
    linked = re.findall(r"\]\(([\w-]+\.md)\)", first.read_text(encoding="utf-8"))
    return [first, *(HOME / name for name in dict.fromkeys(linked))]


def snippets(page: Path) -> list[Snippet]:
    """Return the snippets of a page, each with the answer that follows it.

    Raises:
        ValueError: An answer follows no snippet, or a language is none that is run.
    """
    found: list[Snippet] = []
    end = 0
    text = page.read_text(encoding="utf-8")
    for place, start, language, code in _fences(page, text):
        if language in RUN:
            found.append(Snippet(place, language, code))
            if note := _SOURCE.search(text[:start]):
                where = "runner" if note[1] else "source"
                setattr(found[-1], where, note[2])
        elif language in ANSWERS and found and not text[end:start].strip():
            found[-1].kind, found[-1].answer = language, code
        else:
            msg = f"{place}: `{language}` is neither run nor an answer to what is"
            raise ValueError(msg)
        end = text.index("\n```", start + 3) + 4
    return found


def _fences(page: Path, text: str) -> Iterator[tuple[str, int, str, str]]:
    """Yield place, offset, language and content of every fenced block."""
    for each in _FENCE.finditer(text):
        line = text.count("\n", 0, each.start()) + 1
        yield f"{page.name}:{line}", each.start(), each[1], each[2]
