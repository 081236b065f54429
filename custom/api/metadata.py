"""What ``OPTIONS`` answers."""

from typing import TYPE_CHECKING

from rest_framework.metadata import BaseMetadata
from rest_framework.request import Request
from rest_framework.reverse import reverse

if TYPE_CHECKING:  # DRF imports this module while it makes the class
    from rest_framework.views import APIView  # noqa: TID251


class MethodsMetadata(BaseMetadata):
    """The methods of an address; their bodies are described by the schema alone."""

    def determine_metadata(
        self, request: Request, view: "APIView"
    ) -> dict[str, object]:
        """List the methods, and where the schema is."""
        return {
            "methods": view.allowed_methods,
            "schema": reverse("schema", request=request),
        }
