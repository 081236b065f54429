from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('stats', '0003_partnerday_drop_narrow_index'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='offermonth',
            index=models.Index(fields=['currency', 'product_id', 'month', 'partner_id', 'units', 'goods', 'units_back', 'goods_back'], name='offermonth_of_product'),
        ),
    ]
