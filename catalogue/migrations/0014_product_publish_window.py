from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0013_product_publish_until'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='product',
            constraint=models.CheckConstraint(condition=models.Q(('publish_from__lt', models.F('publish_until'))), name='product_publish_window', violation_error_message='A product must be published before it is withdrawn.'),
        ),
    ]
