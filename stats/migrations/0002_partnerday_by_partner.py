from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('stats', '0001_initial'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='partnerday',
            index=models.Index(fields=['partner_id', 'currency', 'day', 'orders', 'units', 'goods', 'units_back', 'goods_back'], name='partnerday_by_partner'),
        ),
    ]
