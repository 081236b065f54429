"""Which earlier version of a committed file clients know."""

import subprocess
from pathlib import Path

MAINS = ("main", "origin/main")


def base_of(name: str, root: Path) -> str:
    """Return the commit whose version of a file this one is held against.

    The last release (a tag ``v…``); without one, where the branch left ``main``; on
    ``main`` itself the commit before the one that last changed the file, so that a
    break is still named once it is merged. Nothing if there is none of them, as in a
    copy without a history.

    Args:
        name: Of the file, below ``root``.
        root: Of a work tree.
    """
    if tag := git(root, "describe", "--tags", "--abbrev=0", "--match", "v*"):
        return tag
    head = git(root, "rev-parse", "HEAD")
    for main in MAINS:
        left = git(root, "merge-base", "HEAD", main)
        if left and left != head:
            return left
    changed = git(root, "log", "-1", "--format=%H", "--", name)
    before = git(root, "rev-parse", "--verify", "--quiet", f"{changed}^")
    return before if changed and before else ""


def git(root: Path, *arguments: str) -> str | None:
    """Return what git prints, without the blanks around it; None if it fails."""
    done = subprocess.run(
        ["git", *arguments], cwd=root, capture_output=True, text=True, check=False
    )
    return None if done.returncode else done.stdout.strip()
