import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('custom', '0007_historyundo'),
        ('reversion', '0002_add_index_on_version_for_content_type_and_db'),
    ]

    operations = [
        migrations.CreateModel(
            name='HistoryUndoFault',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('detail', models.CharField(max_length=500)),
                ('undo', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='faults', to='custom.historyundo')),
                ('version', models.ForeignKey(help_text='The last of the row in the step.', on_delete=django.db.models.deletion.CASCADE, related_name='+', to='reversion.version')),
            ],
            options={
                'ordering': ('id',),
            },
        ),
    ]
