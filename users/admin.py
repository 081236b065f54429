"""Accounts and their devices in the admin."""

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import BaseUserCreationForm
from django.http import HttpRequest

from custom.admin import LedgerAdmin, ShopAdmin
from staff.admin import PersonalPagesMixin
from users.models import AuthToken, User, UserRate


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
    search_fields = ("email_normalized", "first_name", "last_name")
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
