"""Note whose the slugs are that are there already."""

from django.db import migrations

BATCH = 1000


def record_slugs(apps, schema_editor):
    """Add what is missing, so that it may be run again after it was interrupted."""
    for owners, records in (("Product", "ProductSlug"), ("Category", "CategorySlug")):
        rows = apps.get_model("catalogue", owners).objects.order_by("pk")
        record = apps.get_model("catalogue", records)
        last = 0
        while batch := list(rows.filter(pk__gt=last).values_list("pk", "slug")[:BATCH]):
            record.objects.bulk_create(
                [record(slug=slug, owner_id=pk) for pk, slug in batch],
                ignore_conflicts=True,
            )
            last = batch[-1][0]


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('catalogue', '0009_categoryslug'),
    ]

    operations = [
        migrations.RunPython(record_slugs, migrations.RunPython.noop),
    ]
