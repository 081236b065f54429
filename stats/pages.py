"""Pages of the admin, and the same figures as CSV and JSON."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from catalogue.models import Category
from custom.spreadsheets import safe_text, write_csv
from partner.models import Partner
from partner.scoping import partners_shown_to
from staff.sites import site
from stats.days import day_of
from stats.forms import Choices, ReportForm
from stats.models import SalesDay
from stats.reports import sales_report, sellers_report, stock_report
from stats.sheets import Sheet
from stats.tables import as_table
from users.models import User


@dataclass(frozen=True)
class Asked:
    """What a reader asked for, within what the reader may see."""

    request: HttpRequest

    @cached_property
    def partner_ids(self) -> list[int] | None:
        """Return whose sales may be seen; None for everybody's.

        Raises:
            PermissionDenied: Nobody's.
        """
        found = partners_shown_to(cast("User", self.request.user))
        if found == []:
            raise PermissionDenied
        return found

    @cached_property
    def form(self) -> ReportForm:
        """Return the filled-in form; 3 queries."""
        partners = Partner.objects.all()
        if self.partner_ids is not None:
            partners = partners.filter(pk__in=self.partner_ids)
        sold_in = SalesDay.objects.order_by("currency").values_list(
            "currency", flat=True
        )
        choices = Choices(
            today=day_of(timezone.now()),
            currency=settings.SHOP_CURRENCY,
            currencies=sorted({settings.SHOP_CURRENCY, *sold_in.distinct()}),
            categories=list(Category.objects.order_by("tree_id", "lft")),
            partners=list(partners),
            sees_all=self.partner_ids is None,
        )
        return ReportForm(self.request.GET.dict(), choices)

    def link(self, **changes: object) -> str:
        """Return the query of the same page with another choice."""
        query = self.request.GET.copy()
        for name, value in changes.items():
            query[name] = str(value)
        return f"?{query.urlencode()}"


def _sales(asked: Asked) -> list[Sheet]:
    choices = asked.form.choices
    return sales_report(
        asked.form.scope(),
        categories=choices.categories,
        partners=choices.partners,
        link=asked.link,
    )


def _sellers(asked: Asked) -> list[Sheet]:
    may_open = asked.request.user.has_perm("catalogue.view_product")
    return sellers_report(asked.form.scope(), has_links=may_open)


def _stock(asked: Asked) -> list[Sheet]:
    scope = asked.form.scope()
    chosen = None if scope.partner_id is None else [scope.partner_id]
    return stock_report(asked.form.choices.today, chosen)


PAGES: dict[str, tuple[str, Callable[[Asked], list[Sheet]]]] = {
    "sales": ("Sales", _sales),
    "sellers": ("Best and slowest sellers", _sellers),
    "stock": ("Stock about to run out", _stock),
}
# Sheet -> how it is drawn, from which cells of its table.
CHARTS = {
    "series": {
        "kind": "lines",
        "labels": ".col-period",
        "values": ".col-sales, .col-net",
    },
    "categories": {"kind": "bars", "labels": ".col-category", "values": ".col-net"},
    "partners": {"kind": "bars", "labels": ".col-partner", "values": ".col-net"},
    "best": {"kind": "bars", "labels": ".col-product", "values": ".col-units"},
}


def show_sales(request: HttpRequest) -> HttpResponse:
    """Show what was sold, when, by whom, of what."""
    return _show(request, "sales")


def show_sellers(request: HttpRequest) -> HttpResponse:
    """Show what sells best and what lies."""
    return _show(request, "sellers")


def show_stock(request: HttpRequest) -> HttpResponse:
    """Show what is about to run out."""
    return _show(request, "stock")


def download_json(request: HttpRequest, page: str) -> HttpResponse:
    """Answer all sheets of a page, as the page shows them."""
    asked, sheets = _sheets(request, page)
    if sheets is None:
        return _refusal(asked)
    document = {
        "page": page,
        "time_zone": settings.SHOP_TIME_ZONE,
        "filters": {
            name: asked.form[name].value() or None for name in asked.form.fields
        },
        "sheets": {sheet.name: sheet.records() for sheet in sheets},
    }
    response = JsonResponse(document)
    response.headers["Content-Disposition"] = f'attachment; filename="{page}.json"'
    return response


def download_csv(request: HttpRequest, page: str, name: str) -> HttpResponse:
    """Answer one sheet of a page."""
    asked, sheets = _sheets(request, page)
    if sheets is None:
        return _refusal(asked)
    sheet = next((each for each in sheets if each.name == name), None)
    if sheet is None:
        raise Http404
    names = [column.name for column in sheet.columns]
    rows = [
        [
            cell if column.is_number else safe_text(str(cell or ""))
            for column, cell in zip(sheet.columns, record.values(), strict=True)
        ]
        for record in sheet.records()
    ]
    response = HttpResponse(
        write_csv(names, rows), content_type="text/csv; charset=utf-8"
    )
    file = f"{page}-{name}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    return response


def _sheets(request: HttpRequest, page: str) -> tuple[Asked, list[Sheet] | None]:
    """Return the sheets of a page; None if what was asked for cannot be shown.

    Raises:
        Http404: There is no such page.
    """
    if page not in PAGES:
        raise Http404
    asked = Asked(request)
    make = PAGES[page][1]
    return asked, make(asked) if asked.form.is_valid() else None


def _refusal(asked: Asked) -> HttpResponse:
    """Answer what is wrong with each field."""
    errors = asked.form.errors.get_json_data()
    return JsonResponse({"errors": errors}, status=HTTPStatus.BAD_REQUEST)


def _show(request: HttpRequest, page: str) -> HttpResponse:
    """Render a page, with its form alone if that is not valid."""
    asked, sheets = _sheets(request, page)
    query = request.GET.urlencode()
    context: dict[str, Any] = site.each_context(request) | {
        "title": PAGES[page][0],
        "page": page,
        "pages": [
            {
                "label": label,
                "url": f"{reverse(f'admin:stats-{name}')}?{query}",
                "name": name,
            }
            for name, (label, _make) in PAGES.items()
        ],
        "form": asked.form,
        "has_period": page != "stock",
        "query": query,
        "shown": [
            {
                "sheet": sheet,
                "table": as_table(sheet),
                "chart": CHARTS.get(sheet.name),
            }
            for sheet in sheets or []
        ],
    }
    status = HTTPStatus.OK if sheets is not None else HTTPStatus.BAD_REQUEST
    return render(request, "stats/report.html", context, status=status)
