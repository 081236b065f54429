from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0011_orderevent_credited'),
    ]

    operations = [
        migrations.AlterField(
            model_name='order',
            name='credited_amount',
            field=models.DecimalField(db_default=0, decimal_places=3, default=0, help_text='What cancellations, returns and credits took back of the total.', max_digits=12),
        ),
    ]
