"""What the processes of a race do."""

from typing import Any

from rest_framework.test import APIClient

from users.models import User


def write(user: int, method: str, path: str, body: Any, tag: str) -> int:  # noqa: ANN401
    """Write on the condition of a tag; return the status."""
    client = APIClient(SERVER_NAME="localhost")
    client.force_authenticate(User.objects.get(pk=user))
    send = getattr(client, method.lower())
    answer = send(path, body, format="json", headers={"If-Match": tag})
    status: int = answer.status_code
    return status
