from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0008_order_taxes'),
    ]

    operations = [
        migrations.AddField(
            model_name='orderline',
            name='tax_rate',
            field=models.DecimalField(blank=True, decimal_places=6, help_text='Share of the net price; unknown of lines kept without it.', max_digits=8, null=True),
        ),
    ]
