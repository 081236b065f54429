"""What one person does in the admin, for tests of two at once."""

from django.test import Client

from users.models import User


def save(staff: int, path: str, form: dict[str, str]) -> int:
    """Send a form as a member of staff; return the answer's status."""
    client = Client()
    client.force_login(User.objects.get(pk=staff))
    return client.post(path, form).status_code
