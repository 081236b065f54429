"""Products as staff and integrations write them (docs/api/products.md)."""
