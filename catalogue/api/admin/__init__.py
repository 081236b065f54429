"""Products as staff and integrations write them (docs/product-api.md)."""
