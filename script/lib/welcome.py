"""What a person reads when the shop is up."""

DEMO = """
Accounts (password demo-shop-2026):
  customer@example.com   a customer
  staff@example.com      may do everything at {address}/admin/
  partner@example.com    sells through the shop
"""
TRY = """
The shop is open: {address}/api/
{accounts}
Try:
  curl '{address}/api/product/?page_size=3'
  curl -H 'Accept: application/xml' '{address}/api/category/'
  curl -H 'Content-Type: application/json' \\
    -d '{{"email": "customer@example.com", "password": "demo-shop-2026"}}' \\
    {address}/api/user/login/

Mails are kept in var/mail and shown at {address}/mailbox/.
Ctrl-C ends it; the data stays.
"""


def welcome(address: str, *, is_demo: bool) -> str:
    """Return the address, the accounts of a demo shop, and lines to try."""
    accounts = DEMO.format(address=address) if is_demo else ""
    return TRY.format(address=address, accounts=accounts)
