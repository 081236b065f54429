"""Accounts, their devices and their API keys in the admin."""

from collections.abc import Iterable
from contextlib import nullcontext
from typing import Any, ClassVar, cast

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from custom.admin import LedgerAdmin, ShopAdmin
from custom.buttons import Button, ButtonsMixin
from custom.figures import show_day
from custom.privacy.holdings import waits_for
from orders.models import Order
from staff.access import record_access
from staff.admin import PersonalPagesMixin
from users.breaches import asked
from users.emails import LAST_CHARACTER, normalize_email
from users.forms import NewKeyForm, PasswordForm, UserCreationForm
from users.models import ApiKey, AuthToken, Erasure, User, UserRate
from users.selectors import person_of_erasure
from users.services import make_key, revoke_key, start_erasure, unlock_for

MOST_SHOWN = 10  # of each thing a customer has
VIEW = "{0.app_label}.view_{0.model_name}"


class UserRateInline(admin.TabularInline[UserRate, User]):
    """Rate limits of the account, in place of the usual ones."""

    model = UserRate
    extra = 0


@admin.register(User)
class UserAdmin(
    PersonalPagesMixin[User],
    ButtonsMixin[User],
    ShopAdmin[User],
    DjangoUserAdmin[User],
):
    """Who may sign in, and what to."""

    buttons = (
        Button(
            name="erase",
            label="Have the account erased",
            permission="users.erase_user",
            is_lawful=lambda user: not (user.is_staff or user.is_erased),
        ),
        Button(
            name="unlock",
            label="Let passwords be tried again",
            permission="users.unlock_sign_in",
            is_lawful=lambda user: user.is_active,
        ),
    )

    add_form = UserCreationForm
    change_password_form = PasswordForm
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

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Show nothing of a password's digest to who may not set another."""
        shown = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return shown
        return [
            (label, {**options, "fields": _without_password(options["fields"])})
            for label, options in shown
        ]

    def save_model(
        self, request: HttpRequest, obj: User, form: Any, change: Any
    ) -> None:
        """Let an address that staff typed count as proved by nobody."""
        if "email" in form.changed_data:
            obj.email_verified_at = None
        super().save_model(request, obj, form, change)

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

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Ask others about a new password before the page opens its transaction."""
        password = request.POST.get("password1")
        with asked(password) if password else nullcontext():
            return super().add_view(request, form_url, extra_context)

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

    def press_erase(self, row: User, actor: User, _cleaned: dict[str, Any]) -> str:
        """Note that the account is to be erased; its owner is told, and may refuse."""
        erasure = start_erasure(row, actor=actor)
        return f"It will be erased after {show_day(erasure.due_at, 'en')}."

    def press_unlock(self, row: User, actor: User, _cleaned: dict[str, Any]) -> str:
        """End what locks the sign-in; who did so is in the log of looks, too."""
        found = unlock_for(row, actor=actor)
        record_access(actor, model=User, pk=row.pk, action="unlock sign-in")
        return "Passwords may be tried again." if found else "None had been tried."


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


@admin.register(ApiKey)
class ApiKeyAdmin(PersonalPagesMixin[ApiKey], ShopAdmin[ApiKey]):
    """Keys of partners and integrations; each is shown once, when it is made."""

    list_display = (
        "user",
        "name",
        "hint",
        "scope_list",
        "state",
        "expires_at",
        "last_used_at",
    )
    list_select_related = ("user",)
    search_fields = ("=user__email_normalized", "name", "hint")
    search_help_text = "An address, a name, or how the key begins."
    autocomplete_fields = ("user",)
    actions = ("revoke",)

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        """Ask for what makes a key; then show what it is."""
        if obj is None:
            return ("user", "name", "scopes", "expires_at")
        return ("name", *self.get_readonly_fields(request, obj))

    def get_readonly_fields(
        self, request: HttpRequest, obj: ApiKey | None = None
    ) -> tuple[str, ...]:
        """Keep everything of a key that was made but what people call it."""
        if obj is None:
            return ()
        return (
            "user",
            "hint",
            "scope_list",
            "state",
            "expires_at",
            "last_used_at",
            "created_at",
            "created_by",
        )

    def get_form(
        self,
        request: HttpRequest,
        obj: ApiKey | None = None,
        change: bool = False,  # noqa: FBT002 - Django's signature
        **kwargs: Any,
    ) -> Any:
        """Offer the scopes there are."""
        if obj is None:
            kwargs["form"] = NewKeyForm
        return super().get_form(request, obj, change=change, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: ApiKey, form: Any, change: Any
    ) -> None:
        """Have a key made by the service, which alone ever knows the secret."""
        if change:
            super().save_model(request, obj, form, change)
            return
        wanted = form.cleaned_data
        made = make_key(
            wanted["user"],
            name=wanted["name"],
            scopes=wanted["scopes"],
            expires_at=wanted["expires_at"],
            actor=cast("User", request.user),
        )
        obj.pk = made.key.pk
        request.key_secret = made.secret  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the secret in this very answer: a message would store it."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "API key made",
            "key": ApiKey.objects.select_related("user").get(pk=obj.pk),
            "secret": request.key_secret,  # type: ignore[attr-defined]
        }
        return TemplateResponse(request, "admin/users/apikey/made.html", context)

    def has_delete_permission(
        self, request: HttpRequest, obj: ApiKey | None = None
    ) -> bool:
        """Refuse: what a key has done stays readable; revoke it instead."""
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Tell whether the reader may end keys of others."""
        return request.user.has_perm("users.revoke_apikey")

    @admin.action(description="Revoke: end at once, for good", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        """End the chosen keys."""
        actor = cast("User", request.user)
        ended = sum(revoke_key(key, actor=actor) for key in queryset.order_by("pk"))
        self.message_user(request, f"{ended} keys are revoked.", messages.SUCCESS)

    @admin.display(description="scopes")
    def scope_list(self, key: ApiKey) -> str:
        """Show the codes."""
        return ", ".join(key.scopes)

    @admin.display
    def state(self, key: ApiKey) -> str:
        """Show whether the key opens anything."""
        if key.revoked_at is not None:
            return f"revoked {key.revoked_at:%Y-%m-%d}"
        return "expired" if key.is_expired(timezone.now()) else "alive"


@admin.register(Erasure)
class ErasureAdmin(PersonalPagesMixin[Erasure], LedgerAdmin[Erasure]):
    """Who asked to be forgotten, how far it is, and the receipts."""

    list_display = ("public_id", "state", "user", "asked_at", "due_at", "ended_at")
    list_select_related = ("user",)
    list_filter = ("state",)
    search_fields = ("=public_id", "user__email_normalized")
    fields = (
        "public_id",
        "user",
        "state",
        "asked_by",
        "is_for_disuse",
        "asked_at",
        "due_at",
        "waits",
        "closed_at",
        "ended_at",
        "erased",
        "kept",
    )
    readonly_fields = ("waits", "erased", "kept")

    @admin.display(description="Waits for")
    def waits(self, erasure: Erasure) -> str:
        """Name what must be over before the account is closed."""
        if erasure.state != Erasure.State.ASKED:
            return ""
        return " ".join(waits_for(person_of_erasure(erasure)))

    @admin.display(description="What was erased")
    def erased(self, erasure: Erasure) -> str:
        """Read the receipt."""
        return _lines(erasure, "erased", "how")

    @admin.display(description="What is kept")
    def kept(self, erasure: Erasure) -> str:
        """Read the receipt."""
        return _lines(erasure, "kept", "why")


def _without_password(fields: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(name for name in fields if name != "password")


def _lines(erasure: Erasure, part: str, words: str) -> SafeString:
    """Show one part of a receipt, a kind of rows on each line."""
    return format_html_join(
        "\n",
        "<div>{}: {}. {} {}</div>",
        (
            (each["name"], each["rows"], each[words], _until(each))
            for each in erasure.receipt.get(part, ())
        ),
    )


def _until(entry: dict[str, Any]) -> str:
    return f"Until {entry['until']}." if entry.get("until") else ""
