from django.db import IntegrityError, OperationalError, connection
from django.test import TestCase

from custom.transactions import run_in_transaction
from partner.models import PartnerMember, StockLevel
from partner.services import add_member
from tests.partner.factories import PartnerFactory, StockRecordFactory
from tests.users.factories import UserFactory

REFUSED = (IntegrityError, OperationalError)  # MariaDB's checks raise the second


class StockLevelTests(TestCase):
    """The database itself keeps levels sane."""

    def refuse(self, **fields: int) -> None:
        pk = StockRecordFactory(num_in_stock=2).pk
        with self.assertRaises(REFUSED):
            run_in_transaction(
                lambda: StockLevel.objects.filter(pk=pk).update(**fields)
            )

    def test_stock_below_zero(self) -> None:
        self.refuse(num_in_stock=-1, backorder=True)

    def test_promises_below_zero(self) -> None:
        self.refuse(num_allocated=-1)

    def test_promises_above_stock(self) -> None:
        self.refuse(num_allocated=3)

    def test_no_foreign_key_points_at_levels(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT COUNT(*) FROM information_schema.key_column_usage"
                " WHERE table_schema = DATABASE()"
                " AND referenced_table_name = 'partner_stocklevel'"
            )
            self.assertEqual(cursor.fetchone(), (0,))


class PartnerMemberTests(TestCase):
    """A user works for a partner in one role."""

    def test_second_time_changes_the_role(self) -> None:
        partner, user = PartnerFactory(), UserFactory()
        add_member(partner=partner, user=user)
        add_member(partner=partner, user=user, role=PartnerMember.Role.MANAGER)
        self.assertEqual(
            list(partner.members.values_list("user", "role")), [(user.pk, "manager")]
        )
