import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0007_productchange'),
    ]

    operations = [
        migrations.CreateModel(
            name='ProductSlug',
            fields=[
                ('slug', models.CharField(db_collation='utf8mb4_bin', max_length=120, primary_key=True, serialize=False)),
                ('owner', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='slugs', to='catalogue.product')),
            ],
            options={
                'abstract': False,
            },
        ),
    ]
