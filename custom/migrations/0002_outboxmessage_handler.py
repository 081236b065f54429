from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('custom', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='outboxmessage',
            name='handler',
            field=models.CharField(db_collation='utf8mb4_bin', db_default='', help_text='Dotted path of what it is for.', max_length=128),
        ),
    ]
