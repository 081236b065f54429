"""The shop itself: its name, currency, places, payments and terms."""

from shop.settings.environment import *

SHOP_NAME = env.str("SHOP_NAME", default="Film Shop")
# Of documents: name, address, tax numbers; a line each.
SHOP_SELLER = env.list("SHOP_SELLER", default=[SHOP_NAME])
SHOP_CURRENCY = env.str("SHOP_CURRENCY", default="EUR")
# In which the days and months of its stats begin; "manage.py stats rebuild" after a
# change.
SHOP_TIME_ZONE = env.str("SHOP_TIME_ZONE", default="UTC")
SHOP_PRICES_INCLUDE_TAX = env.bool("SHOP_PRICES_INCLUDE_TAX", default=True)
# Of the net price; where the tax tables set no rate.
SHOP_TAX_RATE = env.str("SHOP_TAX_RATE", default="0.20")
SHOP_COUNTRIES = env.list(
    "SHOP_COUNTRIES",
    default=["AT", "BE", "CH", "DE", "DK", "ES", "FR", "GB", "IE", "IT", "NL", "US"],
)
# Code of a payment provider -> dotted path of its class; payments.checks imports each.
PAYMENT_PROVIDERS = {
    "invoice": "payments.providers.manual.InvoiceProvider",
    "cash_on_delivery": "payments.providers.manual.CashOnDeliveryProvider",
    "stripe": "payments.providers.stripe.StripeProvider",
    "dummy": "payments.providers.dummy.DummyProvider",
}
# What buyers may choose from, in this order; payments made before stay as they are.
PAYMENT_METHODS = env.list("PAYMENT_METHODS", default=["invoice", "cash_on_delivery"])
STRIPE_API_BASE = env.str("STRIPE_API_BASE", default="https://api.stripe.com")
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
STRIPE_PUBLISHABLE_KEY = env.str("STRIPE_PUBLISHABLE_KEY", default="")
# Several while one takes the place of another.
STRIPE_WEBHOOK_SECRETS = env.list("STRIPE_WEBHOOK_SECRET", default=[])
STRIPE_CAPTURE = env.str("STRIPE_CAPTURE", default="automatic")  # or "manual"
STRIPE_SECONDS = env.float("STRIPE_SECONDS", default=5.0)  # for one answer
SYNC_TOMBSTONE_DAYS = env.int("SYNC_TOMBSTONE_DAYS", default=90)  # see docs/api/sync.md
BASKET_DAYS = env.int("BASKET_DAYS", default=30)  # guests' baskets are kept so long
# Whose taxes are shown to a buyer who has not said where the goods go.
SHOP_HOME_COUNTRY = env.str("SHOP_HOME_COUNTRY", default=next(iter(SHOP_COUNTRIES), ""))
SHOP_UNPAID_MINUTES = env.int("SHOP_UNPAID_MINUTES", default=24 * 60)
SHOP_RETURN_DAYS = env.int("SHOP_RETURN_DAYS", default=14)  # from the delivery
# Carrier's code -> its page of a parcel, with {number} in it.
SHOP_CARRIERS = {
    "dhl": "https://www.dhl.com/en/express/tracking.html?AWB={number}",
    "dpd": "https://tracking.dpd.de/status/en_US/parcel/{number}",
    "post": "https://www.post.at/en/s/track-item?snr={number}",
    "ups": "https://www.ups.com/track?tracknum={number}",
} | env.dict("SHOP_CARRIERS", default={})
SHOP_DEMO = env.bool("SHOP_DEMO", default=False)  # creates accounts anyone may use
