from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0001_initial")]
    operations = [
        migrations.AddField(
            model_name="productsummary",
            name="rating",
            field=models.DecimalField(
                blank=True,
                decimal_places=2,
                help_text="Mean of the published reviews, 1 to 5; empty without any.",
                max_digits=3,
                null=True,
            ),
        ),
    ]
