"""The admin's forms for accounts, their passwords and their keys."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AdminPasswordChangeForm, BaseUserCreationForm

from users.models import ApiKey, User
from users.scopes import SCOPES, missing_scopes
from users.services import store_password


class UserCreationForm(BaseUserCreationForm[User]):
    """Make an account by its address; there are no user names."""

    class Meta:
        model = User
        fields = ("email",)


class StoringMixin:
    """Before a form of Django's that sets a password: whatever rested on it ends."""

    def save(self, commit: bool = True) -> User:  # noqa: FBT001, FBT002 - Django's signature
        """Store the password, and end every device and every other session."""
        user: User = super().save(commit=False)  # type: ignore[misc]
        if commit:
            store_password(user)
        return user


class PasswordForm(StoringMixin, AdminPasswordChangeForm):  # type: ignore[type-arg] # has none when it runs
    """Another password for somebody, or none."""


class NewKeyForm(forms.ModelForm[ApiKey]):
    """What a key is for; its secret is made."""

    scopes = forms.MultipleChoiceField(
        choices=lambda: [
            (code, f"{code}: {SCOPES[code].label}") for code in sorted(SCOPES)
        ],
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = ApiKey
        fields = ("user", "name", "scopes", "expires_at")

    def clean(self) -> dict[str, Any]:
        """Tell which scopes the owner may not give."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "user" in cleaned and "scopes" in cleaned:
            missing = missing_scopes(cleaned["user"], cleaned["scopes"])
            if missing:
                told = f"The owner may not do this: {', '.join(missing)}."
                self.add_error("scopes", forms.ValidationError(told, "not_held"))
        return cleaned
