from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0003_summary_add_review_count")]
    operations = [
        migrations.RemoveField(model_name="product", name="rating"),
    ]
