from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0004_product_drop_rating")]
    operations = [
        migrations.RemoveField(model_name="product", name="review_count"),
    ]
