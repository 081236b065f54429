from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0002_summary_add_rating")]
    operations = [
        migrations.AddField(
            model_name="productsummary",
            name="review_count",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
    ]
