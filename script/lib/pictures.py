"""The walks through the admin, and what of them the docs show."""

import subprocess
import sys

from PIL import Image

from script.lib.console import ROOT, ScriptError, run_main, say

WALKS = "tests.walks"
TAKEN = ROOT / "var" / "screenshots"
SHOWN = ROOT / "docs" / "images"
# Name in the docs -> name in the walks.
PICTURES = {
    "compare": "compare",
    "import": "import-checked",
    "order": "demo-order",
    "phone-index": "demo-phone-index",
    "phone-order": "demo-phone-order",
    "product": "demo-product",
    "sales": "demo-sales",
    "tree": "demo-tree",
}


def main() -> int:
    """Walk, then write each picture as WebP, which is a tenth of a PNG."""
    walked = subprocess.run(
        [sys.executable, str(ROOT / "script" / "test"), WALKS], check=False
    )
    if walked.returncode:
        msg = "a walk failed; the pictures stay as they are"
        raise ScriptError(msg)
    SHOWN.mkdir(exist_ok=True)
    for name, source in PICTURES.items():
        target = SHOWN / f"{name}.webp"
        with Image.open(TAKEN / f"{source}.png") as picture:
            picture.convert("RGB").save(target, quality=80, method=6)
        say(f"{target.relative_to(ROOT)}: {target.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    run_main(main)
