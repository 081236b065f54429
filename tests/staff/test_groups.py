import io

from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command
from django.test import TestCase

from staff.groups import GROUPS, ORDER_CLERK
from staff.services import compare_groups, keep_groups


def command(*arguments: str) -> str:
    told = io.StringIO()
    call_command("staff", *arguments, stdout=told)
    return told.getvalue()


class GroupKeepingTests(TestCase):
    """The groups of the database, and those that come with the shop"""

    clerks: Group
    right: Permission
    foreign: Permission

    @classmethod
    def setUpTestData(cls) -> None:
        cls.clerks = Group.objects.get(name=ORDER_CLERK.name)
        cls.right = Permission.objects.get(codename="change_order")
        cls.foreign = Permission.objects.get(codename="delete_product")

    def test_migrations_have_made_them_whole(self) -> None:
        self.assertEqual(Group.objects.count(), len(GROUPS))
        self.assertEqual(compare_groups(), [])

    def test_what_is_missing_is_added_again(self) -> None:
        self.clerks.permissions.remove(self.right)
        (found,) = keep_groups()
        self.assertEqual(found.group, self.clerks.name)
        self.assertEqual(found.missing, {"orders.change_order"})
        self.assertIn(self.right, self.clerks.permissions.all())

    def test_a_group_that_was_deleted_comes_back(self) -> None:
        self.clerks.delete()
        keep_groups()
        self.assertEqual(compare_groups(), [])

    def test_what_operators_added_stays(self) -> None:
        self.clerks.permissions.add(self.foreign)
        (found,) = keep_groups()
        self.assertEqual(found.surplus, {"catalogue.delete_product"})
        self.assertIn(self.foreign, self.clerks.permissions.all())

    def test_exact_takes_it_away(self) -> None:
        self.clerks.permissions.add(self.foreign)
        keep_groups(exact=True)
        self.assertEqual(compare_groups(), [])

    def test_other_groups_are_left_alone(self) -> None:
        own = Group.objects.create(name="Own")
        own.permissions.add(self.foreign)
        keep_groups(exact=True)
        self.assertIn(self.foreign, own.permissions.all())

    def test_again_changes_nothing(self) -> None:
        with self.assertNumQueries(7):  # two are those of the transaction
            self.assertEqual(keep_groups(), [])

    def test_the_command_tells_and_fails(self) -> None:
        self.clerks.permissions.remove(self.right)
        with self.assertRaisesMessage(CommandError, "1 groups differ"):
            command("groups", "--check")
        self.assertNotIn(self.right, self.clerks.permissions.all())

    def test_the_command_names_what_it_did(self) -> None:
        self.clerks.permissions.remove(self.right)
        self.clerks.permissions.add(self.foreign)
        self.assertEqual(
            command("groups", "--exact").splitlines(),
            [
                "Order clerk: orders.change_order added",
                "Order clerk: catalogue.delete_product taken away",
            ],
        )
        self.assertEqual(
            command("groups"), "The groups are those that come with the shop.\n"
        )
