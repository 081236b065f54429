"""Accounts and their devices in the admin."""

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import BaseUserCreationForm
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from custom.admin import LedgerAdmin, ShopAdmin
from orders.models import Order
from staff.admin import PersonalPagesMixin
from users.emails import LAST_CHARACTER, normalize_email
from users.models import AuthToken, User, UserRate

MOST_SHOWN = 10  # of each thing a customer has
VIEW = "{0.app_label}.view_{0.model_name}"


class UserCreationForm(BaseUserCreationForm[User]):
    """Make an account by its address; there are no user names."""

    class Meta:
        model = User
        fields = ("email",)


class UserRateInline(admin.TabularInline[UserRate, User]):
    """Rate limits of the account, in place of the usual ones."""

    model = UserRate
    extra = 0


@admin.register(User)
class UserAdmin(PersonalPagesMixin[User], ShopAdmin[User], DjangoUserAdmin[User]):
    """Who may sign in, and what to."""

    add_form = UserCreationForm
    inlines = (UserRateInline,)
    list_display = ("email", "first_name", "last_name", "is_staff", "date_joined")
    list_filter = ("is_staff", "is_superuser", "is_active", "groups")
    search_fields = ("first_name", "last_name")
    search_help_text = "A name, or the beginning of an e-mail address with its @."
    change_form_template = "admin/users/user/change_form.html"
    ordering = ("-id",)
    readonly_fields = ("public_id", "last_login", "date_joined", "email_verified_at")
    fieldsets = (
        (None, {"fields": ("email", "password", "first_name", "last_name")}),
        (
            "Permissions",
            {
                "fields": (
                    "is_active",
                    "is_staff",
                    "is_superuser",
                    "groups",
                    "user_permissions",
                )
            },
        ),
        (
            "Known since",
            {
                "fields": (
                    "public_id",
                    "date_joined",
                    "last_login",
                    "email_verified_at",
                )
            },
        ),
    )
    add_fieldsets = ((None, {"fields": ("email", "password1", "password2")}),)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """Look for an address in its index, for names in their columns."""
        if "@" not in search_term:
            return super().get_search_results(request, queryset, search_term)
        first = normalize_email(search_term)
        return (
            queryset.filter(
                email_normalized__gte=first,
                email_normalized__lt=f"{first}{LAST_CHARACTER}",
            ),
            False,
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the customer: orders, addresses, devices and reviews; 4 queries more."""
        user = self.get_object(request, unquote(object_id))
        customer = None if user is None else self._customer(request, user)
        context = (extra_context or {}) | {"customer": customer}
        return super().change_view(request, object_id, form_url, context)

    def _customer(self, request: HttpRequest, user: User) -> dict[str, QuerySet[Any]]:
        """Return the newest of what belongs to a customer, as far as one may see it."""
        shown: dict[str, QuerySet[Any]] = {
            "orders": Order.objects.filter(user=user),
            "addresses": user.addresses.all(),
            "devices": user.auth_token_set.order_by("-last_used_at"),
            "reviews": user.reviews.select_related("product").order_by("-pk"),
        }
        return {
            name: rows[:MOST_SHOWN]
            if request.user.has_perm(VIEW.format(rows.model._meta))  # noqa: SLF001 - public
            else rows.none()
            for name, rows in shown.items()
        }

    def reversion_register(self, model: Any, **options: Any) -> None:
        """Keep password digests out of the history."""
        super().reversion_register(
            model, exclude=("password", "last_login", "session_epoch"), **options
        )


@admin.register(AuthToken)
class AuthTokenAdmin(PersonalPagesMixin[AuthToken], LedgerAdmin[AuthToken]):
    """Devices signed in; deleting one signs it out."""

    list_display = ("user", "device", "created", "last_used_at", "expiry")
    list_select_related = ("user",)
    search_fields = ("user__email_normalized", "device")
    exclude: ClassVar = ("digest",)

    def has_delete_permission(
        self, request: HttpRequest, obj: AuthToken | None = None
    ) -> bool:
        """Allow signing a device out to those who have the permission."""
        return admin.ModelAdmin.has_delete_permission(self, request, obj)
