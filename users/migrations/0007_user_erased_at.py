from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('users', '0006_signintries'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='erased_at',
            field=models.DateTimeField(blank=True, editable=False, help_text='Since then the row says of nobody who they were.', null=True),
        ),
    ]
