from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0007_order_claimed'),
    ]

    operations = [
        migrations.AddField(
            model_name='order',
            name='taxes',
            field=models.JSONField(blank=True, db_default=models.Value([], models.JSONField()), default=list, editable=False, help_text='Rate, net and tax of what bears each rate, as text; together the total.'),
        ),
    ]
