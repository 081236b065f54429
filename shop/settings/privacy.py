"""Personal data: how erasures go, and how long what is kept is kept."""

from shop.settings.environment import *

# In which an erasure can be withdrawn; then it waits for orders under way.
ERASURE_GRACE_DAYS = env.int("ERASURE_GRACE_DAYS", default=14)
# From the closing of an account to its erasure: longer than any request takes.
ERASURE_SETTLE_SECONDS = 60
# Where a client's own page takes the token of a mail: "https://…/stay?t={token}".
ERASURE_WITHDRAW_LINK = env.str("ERASURE_WITHDRAW_LINK", default="")
# Likewise of the mail by which guests have the data of their orders told or erased.
GUEST_DATA_LINK = env.str("GUEST_DATA_LINK", default="")

# Orders, and on invoices the buyer's address, are books: calendar years, from the end
# of the order's.
RETENTION_BOOKS_YEARS = env.int("RETENTION_BOOKS_YEARS", default=10)
# Customers' accounts that nobody uses are erased after a warning; 0 for never.
RETENTION_ACCOUNT_YEARS = env.int("RETENTION_ACCOUNT_YEARS", default=10)
RETENTION_NOTICE_DAYS = env.int("RETENTION_NOTICE_DAYS", default=60)
RETENTION_RECEIPT_DAYS = env.int("RETENTION_RECEIPT_DAYS", default=1095)
RETENTION_STAFF_LOG_DAYS = env.int("RETENTION_STAFF_LOG_DAYS", default=730)
RETENTION_TOKEN_DAYS = env.int("RETENTION_TOKEN_DAYS", default=30)
RETENTION_PARKED_DAYS = env.int("RETENTION_PARKED_DAYS", default=90)
