from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0005_order_of_guest'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='orderline',
            index=models.Index(fields=['sku'], name='orderline_sku'),
        ),
    ]
