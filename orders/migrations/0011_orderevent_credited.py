from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0010_creditnote'),
    ]

    operations = [
        migrations.AlterField(
            model_name='orderevent',
            name='type',
            field=models.CharField(choices=[('placed', 'Placed'), ('payment_chosen', 'Way of payment chosen'), ('payment_authorized', 'Payment authorized'), ('payment_failed', 'Payment failed'), ('payment_pending', 'Payment open again'), ('paid', 'Paid'), ('refunded', 'Refunded'), ('shipped', 'Shipped'), ('delivered', 'Delivered'), ('cancelled', 'Cancelled'), ('expired', 'Expired unpaid'), ('returned', 'Returned'), ('credited', 'Credited without goods'), ('completed', 'Completed before these books began'), ('noted', 'Noted'), ('claimed', "Moved into its buyer's account")], db_collation='utf8mb4_bin', max_length=32),
        ),
    ]
