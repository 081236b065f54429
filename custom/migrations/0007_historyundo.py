import custom.ids
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('custom', '0006_versionmark'),
        ('reversion', '0002_add_index_on_version_for_content_type_and_db'),
    ]

    operations = [
        migrations.CreateModel(
            name='HistoryUndo',
            fields=[
                ('batch', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='undo', serialize=False, to='custom.historybatch')),
                ('inverse', models.UUIDField(default=custom.ids.new_public_id, help_text='The step it is itself.', unique=True)),
                ('actor_pk', models.PositiveBigIntegerField(help_text='Of the account; a relation would point upwards.', null=True)),
                ('reason', models.CharField(max_length=200)),
                ('state', models.CharField(choices=[('running', 'being undone'), ('done', 'undone')], db_collation='utf8mb4_bin', default='running', max_length=8)),
                ('num_rows', models.PositiveIntegerField(help_text='That the step changed.')),
                ('revision', models.PositiveBigIntegerField(help_text='Rows are undone from the last to the first: this revision is next,')),
                ('version', models.PositiveBigIntegerField(help_text='below this version of it.')),
                ('num_seen', models.PositiveIntegerField(default=0)),
                ('num_restored', models.PositiveIntegerField(default=0)),
                ('num_refused', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('moved_at', models.DateTimeField(default=django.utils.timezone.now, help_text='When somebody last came further.')),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ('-created_at',),
            },
        ),
    ]
