"""Answers to requests that wrote many products."""

from custom.models import KeptAnswer


class ProductBulk(KeptAnswer):
    """A bulk of products that was carried out, kept to answer a repetition of it."""
