"""How often a caller may ask: one sliding window each, in one Redis string.

========== =====================================================================
module     holds
========== =====================================================================
identity   whose allowance a request uses
ring       the script that is the window
connection one connection a thread, below redis-py's commands
breaker    what keeps a Redis that fails from delaying requests
limiter    asks, remembers refusals
overrides  rates of single accounts
checks     what settings must be
========== =====================================================================

Services and tasks count by these; how HTTP is limited by them: ``custom.throttling``.
"""
