from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0019_relatedproduct'),
    ]

    operations = [
        migrations.AddField(
            model_name='product',
            name='external_id',
            field=models.CharField(blank=True, db_collation='utf8mb4_bin', help_text='What another system knows the product by.', max_length=128, null=True, unique=True, verbose_name='external ID'),
        ),
    ]
