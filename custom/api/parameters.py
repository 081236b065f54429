"""Query parameters that no address reads, and all take."""

import re
from typing import Final

# What browsers, mail programs and advertisers append to links.
IGNORED_PARAMETERS: Final = re.compile(r"_|utm_.*|gclid|fbclid", re.ASCII)
