"""One box that searches orders, customers and products."""

from typing import Any, cast

from django.contrib.admin import ModelAdmin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from catalogue.models import Product
from orders.models import Order
from staff.access import record_access
from staff.sites import AdminPage, site
from users.models import User

SEARCHED: tuple[type[Model], ...] = (Order, User, Product)
MOST_SHOWN = 10  # of each


def search(request: HttpRequest) -> HttpResponse:
    """Show what the lists themselves would find, for whoever may see them."""
    term = request.GET.get("q", "").strip()
    sections = []
    for model in SEARCHED:
        found = site.get_model_admin(model)
        if term and found.has_view_permission(request):
            sections.append(_section(request, found, term))
    context = site.each_context(request) | {
        "title": "Search",
        "term": term,
        "sections": sections,
    }
    return TemplateResponse(request, "admin/shop/search.html", context)


def _section(request: HttpRequest, found: ModelAdmin[Any], term: str) -> dict[str, Any]:
    """Return the first rows of one model, noting the look where they are of people."""
    rows, may_repeat = found.get_search_results(
        request, found.get_queryset(request), term
    )
    if may_repeat:
        rows = rows.distinct()
    shown = list(rows.order_by("-pk")[: MOST_SHOWN + 1])
    name = f"admin:{found.opts.app_label}_{found.opts.model_name}"
    if getattr(found, "shows_people", False):
        record_access(
            cast("User", request.user),  # the site asks who it is first
            model=found.model,
            pk="",
            action="search",
            rows=len(shown[:MOST_SHOWN]),
        )
    return {
        "title": found.opts.verbose_name_plural,
        "rows": [
            (str(row), reverse(f"{name}_change", args=[row.pk]))
            for row in shown[:MOST_SHOWN]
        ],
        "more": reverse(f"{name}_changelist") if len(shown) > MOST_SHOWN else "",
    }


site.register_page(AdminPage(name="search", path="search/", permission="", view=search))
