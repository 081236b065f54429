"""What staff are asked for."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from catalogue.models import Category
from exchange.kinds import Kind
from exchange.models import Format
from partner.models import Partner


class UploadForm(forms.Form):
    """A file of rows, and what they are about; its name tells the format."""

    kind = forms.ChoiceField()
    file = forms.FileField(
        help_text="CSV (UTF-8), XLSX, or JSON with one object a line."
    )

    def __init__(self, kinds: Sequence[Kind], *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        choices = [(kind.name, kind.label) for kind in kinds]
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells the type
        field.choices = choices

    def clean_file(self) -> UploadedFile[Any]:
        """Refuse a file that is too large, or of no known format."""
        file: UploadedFile[Any] = self.cleaned_data["file"]
        limit = settings.EXCHANGE_MAX_BYTES
        if (file.size or 0) > limit:
            msg = f"At most {limit // 1_000_000} MB."
            raise forms.ValidationError(msg)
        if self._suffix(file) not in Format.values:
            msg = "The name must end in .csv, .xlsx or .json."
            raise forms.ValidationError(msg)
        return file

    @property
    def file_format(self) -> str:
        """Return the format of the file, once the form is valid."""
        return self._suffix(self.cleaned_data["file"])

    def _suffix(self, file: UploadedFile[Any]) -> str:
        return PurePath(file.name or "").suffix.lower().removeprefix(".")


class FilterForm(forms.Form):
    """What of the rows goes into a file."""

    category = forms.ModelChoiceField(
        Category.objects.order_by("tree_id", "lft"),
        required=False,
        empty_label="All categories",
        to_field_name="slug",
    )
    partner = forms.ModelChoiceField(
        Partner.objects.none(),
        required=False,
        empty_label="All partners",
        to_field_name="code",
        help_text="Of stock and prices.",
    )

    def __init__(
        self,
        partner_ids: Sequence[int] | None,
        *args: Any,  # noqa: ANN401
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, **kwargs)
        partners = Partner.objects.all()
        if partner_ids is not None:
            partners = partners.filter(pk__in=partner_ids)
        field = self.fields["partner"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - tells the type
        field.queryset = partners
