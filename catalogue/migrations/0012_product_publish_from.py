from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0011_listedvalue'),
    ]

    operations = [
        migrations.AddField(
            model_name='product',
            name='publish_from',
            field=models.DateTimeField(blank=True, help_text='Nobody sees it before this moment. Empty: it is shown at once.', null=True),
        ),
    ]
