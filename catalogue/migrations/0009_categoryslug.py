import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0008_productslug'),
    ]

    operations = [
        migrations.CreateModel(
            name='CategorySlug',
            fields=[
                ('slug', models.CharField(db_collation='utf8mb4_bin', max_length=120, primary_key=True, serialize=False)),
                ('instead', models.ForeignKey(blank=True, help_text='Of a deleted category: the one it was below.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='catalogue.category')),
                ('owner', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='slugs', to='catalogue.category')),
            ],
            options={
                'abstract': False,
            },
        ),
    ]
