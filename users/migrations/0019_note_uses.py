"""Note when the devices were last used that are signed in already."""

from django.db import migrations
from django.db.models import Max

BATCH = 1000


def note_uses(apps, schema_editor):
    """May be run again after it was interrupted."""
    accounts = apps.get_model("users", "User").objects.order_by("pk")
    last = 0
    while batch := list(
        accounts.filter(pk__gt=last, auth_token_set__isnull=False)
        .annotate(device_used_at=Max("auth_token_set__last_used_at"))[:BATCH]
    ):
        for account in batch:
            account.used_at = account.device_used_at
        accounts.bulk_update(batch, ["used_at"])
        last = batch[-1].pk


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('users', '0018_user_used_at'),
    ]

    operations = [
        migrations.RunPython(note_uses, migrations.RunPython.noop),
    ]
