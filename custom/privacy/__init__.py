"""Personal data: what apps hold, how it is exported and erased, how long it is kept.

Every app says so in its ``privacy.py``; ``custom.privacy.holdings`` gathers it. What
is done with it knows no table: exports, erasures and retention go by what is said.
"""

from custom.privacy.holdings import Holding, NotPersonal, Person, Retention

__all__ = ["Holding", "NotPersonal", "Person", "Retention"]
