"""Public pages kept in the Redis of the rate limits, exact as of the last commit.

========== =====================================================================
module     holds
========== =====================================================================
versions   when what pages show has last changed; raised after each commit
pages      which request asks for which page
bodies     what is kept of an answer, and what a view says of it
store      reads and keeps bodies; lets one of many render
memory     what a process remembers of the database beside them
moments    how many changes there had been when a request came
middleware looks up, answers, keeps
handlers   the outbox: raises again, purges a CDN
release    what else a body depends on: code and settings
metrics    how operators are told
========== =====================================================================

See docs/caching.md.
"""
