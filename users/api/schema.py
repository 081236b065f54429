"""What drf-spectacular cannot find out about accounts by itself."""

from drf_spectacular import authentication
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from users.api.authentication import SessionAuthentication, TokenAuthentication


class SessionScheme(authentication.SessionScheme):  # type: ignore[no-untyped-call]
    """Describe the cookie; the library's own is for no subclass."""

    target_class = f"{SessionAuthentication.__module__}.SessionAuthentication"


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describe the header in the OpenAPI document; defining the class registers it."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """Return a key in a header: OpenAPI's ``http`` type knows no ``Token``."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token <secret>` or `Bearer <secret>`, from a login.",
        }
