from django.db import migrations, models
from django.conf import settings
import django.db.models.deletion


class Migration(migrations.Migration):
    """The column alone changes: its foreign key need not be built again."""

    dependencies = [
        ('users', '0012_erasure_guest'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name='erasure',
                    name='user',
                    field=models.ForeignKey(blank=True, db_index=False, help_text='Whose; empty for a guest.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='erasures', to=settings.AUTH_USER_MODEL),
                ),
            ],
            database_operations=[
                migrations.RunSQL(
                    'ALTER TABLE users_erasure MODIFY user_id bigint NULL',
                    'ALTER TABLE users_erasure MODIFY user_id bigint NOT NULL',
                ),
            ],
        ),
    ]
