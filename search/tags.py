"""What searches and suggestions show, as ``custom.caching`` names it."""

from typing import Final

from catalogue.pages import CATEGORIES, PRODUCTS

SEARCH: Final = "search"  # what the index holds, what it does not know, and synonyms
TAGS: Final = (SEARCH, PRODUCTS, CATEGORIES)  # of each such page
