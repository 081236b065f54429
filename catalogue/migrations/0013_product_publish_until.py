from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0012_product_publish_from'),
    ]

    operations = [
        migrations.AddField(
            model_name='product',
            name='publish_until',
            field=models.DateTimeField(blank=True, help_text='Nobody sees it from this moment on. Empty: it stays.', null=True),
        ),
    ]
