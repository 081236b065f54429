from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('users', '0017_user_unused'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='used_at',
            field=models.DateTimeField(editable=False, help_text='When a device was last used, to the day; devices come and go.', null=True),
        ),
    ]
