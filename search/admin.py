"""What staff tell the search, and what it tells them."""

from django.contrib import admin

from custom.admin import LedgerAdmin, ShopAdmin
from search.models import FruitlessQuery, Synonym


@admin.register(Synonym)
class SynonymAdmin(ShopAdmin[Synonym]):
    """Wordings that find the same products."""

    list_display = ("words", "is_active")
    list_filter = ("is_active",)
    search_fields = ("words",)


@admin.register(FruitlessQuery)
class FruitlessQueryAdmin(LedgerAdmin[FruitlessQuery]):
    """What customers looked for in vain; synonyms or new products may help."""

    list_display = ("query", "count", "first_at", "last_at")
    search_fields = ("query",)
    ordering = ("-count", "-last_at")
    date_hierarchy = "last_at"
