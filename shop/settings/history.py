"""History: how long it is kept, and how rows of each model are put back."""

from shop.settings.environment import *

# Versions older than this are deleted, but for the last one of each row.
HISTORY_KEEP_DAYS = env.int("HISTORY_KEEP_DAYS", default=730)
# What was deleted can be brought back for so long.
HISTORY_RECOVER_DAYS = env.int("HISTORY_RECOVER_DAYS", default=90)
# Label of a model -> dotted path of its rules; custom.checks imports each.
HISTORY_RULES = {
    "address.address": "address.history.AddressRules",
    "auth.group": "users.history.GroupRules",
    "catalogue.category": "catalogue.history.CategoryRules",
    "catalogue.product": "catalogue.history.ProductRules",
    "catalogue.productimage": "catalogue.history.ProductImageRules",
    "catalogue.variant": "catalogue.history.VariantRules",
    "partner.partner": "partner.history.PartnerRules",
    "partner.stockrecord": "partner.history.StockRecordRules",
    "reviews.review": "reviews.history.ReviewRules",
    "tax.taxclass": "tax.history.TaxClassRules",
    "users.apikey": "users.history.ApiKeyRules",
    "users.user": "users.history.UserRules",
}
# Functions that tell whether a step is still being added to: it cannot be undone yet.
HISTORY_OPEN_STEPS = ("exchange.selectors.is_applied_now",)
