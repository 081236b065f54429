"""The shop's addresses, and one page on which a bundle or its sources run."""

from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.urls import path

from cachebuster.bundles import find_bundle
from shop.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

PAGE = Path(__file__).with_name("sample.html")
SWAGGER = "drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"


def show_bundle(request: HttpRequest, output: str) -> HttpResponse:
    """Run a bundle, or with ``?sources`` what it was made of."""
    bundle = find_bundle(output)
    names = bundle.sources if "sources" in request.GET else [output]
    context = {
        "scripts": names if bundle.kind == "js" else [],
        "styles": names if bundle.kind == "css" else [],
        "swagger": SWAGGER if output == "js/docs.js" else "",
    }
    return HttpResponse(Template(PAGE.read_text()).render(Context(context)))


urlpatterns = [*urlpatterns, path("sample/<path:output>", show_bundle)]
