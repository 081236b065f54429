from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('stats', '0002_partnerday_by_partner'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='partnerday',
            name='partnerday_of_partner',
        ),
    ]
