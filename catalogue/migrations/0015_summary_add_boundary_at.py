from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0014_product_publish_window'),
    ]

    operations = [
        migrations.AddField(
            model_name='productsummary',
            name='boundary_at',
            field=models.DateTimeField(blank=True, db_index=True, help_text="When the product's window opens or closes next, as lists know it.", null=True),
        ),
    ]
