import custom.ids
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('users', '0007_user_erased_at'),
    ]

    operations = [
        migrations.CreateModel(
            name='Erasure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=custom.ids.new_public_id, editable=False, unique=True)),
                ('state', models.CharField(choices=[('asked', 'Asked for'), ('closed', 'Account closed, erasing'), ('done', 'Done'), ('withdrawn', 'Withdrawn')], db_collation='utf8mb4_bin', default='asked', max_length=16)),
                ('is_open', models.BooleanField(default=True, editable=False, null=True)),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('due_at', models.DateTimeField(help_text='Until then it can be withdrawn.')),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, help_text='When it was done, or withdrawn.', null=True)),
                ('receipt', models.JSONField(blank=True, default=dict, help_text='What was erased, and what is kept.')),
                ('mail_to', models.EmailField(blank=True, default='', editable=False, help_text='Where the receipt goes; emptied once it has gone.', max_length=254)),
                ('asked_by', models.ForeignKey(blank=True, help_text='Who of the staff began it; empty where the owner did.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='erasures', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-id',),
                'permissions': [('erase_user', 'Can have accounts erased')],
                'indexes': [models.Index(fields=['state', 'due_at'], name='erasure_due'), models.Index(fields=['ended_at'], name='erasure_ended')],
                'constraints': [models.UniqueConstraint(fields=('user', 'is_open'), name='erasure_one_open'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('is_open', True), ('state__in', ('asked', 'closed'))), models.Q(('ended_at__isnull', False), ('is_open__isnull', True), ('state__in', ('done', 'withdrawn'))), _connector='OR'), name='erasure_open_until_it_ends')],
            },
        ),
    ]
