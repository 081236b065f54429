"""No lost updates in the admin: who saves second sees what the first has changed.

A page carries a digest of every value it shows. When it comes back, the row is locked
and read again: where a value is another by then, a page asks which of the two to keep.
"""

import copy
import json
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, TypeVar

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import Model
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.utils.text import capfirst

from custom.busy import is_given_back
from custom.history.reading import (
    State,
    Values,
    edited_fields,
    state_of_row,
)
from custom.history.rules import rules_for

M = TypeVar("M", bound=Model)
SEEN = "_seen"
CHOICE = "_choice:"
THEIRS, MINE = "theirs", "mine"
DIGEST_BYTES = 6
NOT_KEPT = ("csrfmiddlewaretoken", SEEN)
Seen = dict[str, dict[str, str]]  # "" or "catalogue.variant:7" -> field -> digest


@dataclass(frozen=True, slots=True)
class Conflict:
    """A value, or a row of the page, that is no more what was shown.

    Attributes:
        name: Of the field, or ``catalogue.variant:7``.
        theirs: What is stored now.
        mine: What was typed.
        is_mine: It was changed on this page too.
        is_gone: The row has been deleted; there is nothing left to choose.
    """

    name: str
    label: str
    theirs: str
    mine: str
    is_mine: bool = True
    is_gone: bool = False


class EditGuard(admin.ModelAdmin[M]):
    """A page that knows what it has shown, its inlines included."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Ask before what somebody else has saved is overwritten.

        The digests are taken before the page is read: a change in between is then
        asked about once too often, and never lost.
        """
        context = extra_context or {}
        if object_id is not None and request.method == "GET":
            row = self.get_object(request, unquote(object_id))
            if row is not None:
                context = {"seen": digests_of(state_of_row(row)), **context}
        elif object_id is not None and request.method == "POST":
            page = self._ask(request, unquote(object_id))
            if page is not None:
                return page
            context = {
                "seen": request.POST.get(SEEN, ""),
                "kept": sorted(_kept(request)),
                "reason": request.POST.get("_reason", ""),
                **context,
            }
        elif request.method == "POST" and not is_given_back(request):
            # What makes a row unique is checked under locks.
            rules_for(self.model).lock_first([])
        return super().changeform_view(request, object_id, form_url, context)

    def get_form(
        self, request: HttpRequest, obj: M | None = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Leave the fields alone in which the other's value was chosen."""
        form = super().get_form(request, obj, *args, **kwargs)
        kept = _kept(request) & form.base_fields.keys()
        if not kept:
            return form
        fields = copy.deepcopy(form.base_fields)
        for name in kept:
            fields[name].disabled = True  # it then has the stored value
        made: Any = type(form.__name__, (form,), {})
        made.base_fields = fields
        return made

    def _create_formsets(self, request: HttpRequest, obj: Any, change: Any) -> Any:
        """Leave the rows alone in which the other's values were chosen."""
        formsets, inlines = super()._create_formsets(request, obj, change)  # type: ignore[misc]
        kept = _kept(request)
        for formset in formsets if kept else ():
            for form in formset.initial_forms:
                if _name_of(form.instance) in kept:
                    _leave_alone(formset, form)
        return formsets, inlines

    def _ask(self, request: HttpRequest, pk: str) -> HttpResponse | None:
        """Return the page that asks, or None if nobody has changed a thing.

        Locks the row as the services do that write it. Who does not say what was seen
        has seen nothing: every value that would be another is asked about.
        """
        if is_given_back(request) or rules_for(self.model).lock(pk) is None:
            return None
        row = self.get_object(request, pk)
        if row is None or not self.has_change_permission(request, row):
            return None
        now = state_of_row(row)
        changed = _changed(_read_seen(request), now)
        if not changed:
            return None
        posted = request.POST.copy()
        conflicts = list(self._conflicts(request, row, now, changed, posted))
        if not conflicts:
            return None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{row} has been changed meanwhile",
            "object": row,
            "conflicts": conflicts,
            "posted": list(_kept_values(posted)),
            "seen": digests_of(now),
            "lost_files": [str(each) for each in request.FILES.values()],
        }
        return TemplateResponse(request, "admin/conflict.html", context)

    def _conflicts(
        self,
        request: HttpRequest,
        row: M,
        now: State,
        changed: Mapping[str, frozenset[str]],
        posted: QueryDict,
    ) -> Iterator[Conflict]:
        """Yield what has to be chosen; takes deleted rows out of what was posted."""
        mine = copy.copy(row)
        form = self.get_form(request, row, change=True)(
            request.POST, request.FILES, instance=mine
        )
        yield from _of_form(form, now.values, changed.get("", frozenset()), request)
        formsets, _inlines = self._create_formsets(request, row, change=True)
        for formset in formsets:
            gone = []
            for index, each in enumerate(formset.initial_forms):
                name = _posted_name(formset, index)
                if name not in changed:
                    continue
                if each.instance.pk is None:
                    gone.append(index)
                    yield _gone(formset, name)
                    continue
                names = _form_names(each, changed[name])
                if names.keys() & set(each.changed_data) or _is_deleted(each):
                    yield _of_row(each, name, names)
            _drop_rows(posted, formset, gone)


def digests_of(state: State) -> str:
    """Return what a page has to carry so that a later change is noticed."""
    seen = {"": _digests(state.model, state.values)}
    for (label, pk), child in state.children.items():
        seen[f"{label}:{pk}"] = _digests(child.model, child.values)
    return json.dumps(seen, separators=(",", ":"))


def _digests(model: type[Model], values: Values) -> dict[str, str]:
    """Return a digest for each value, and for each key of a JSON object."""
    digests = {}
    for name in edited_fields(model):
        if name not in values:
            continue
        if isinstance(values[name], dict):
            for key, value in values[name].items():
                digests[f"{name}.{key}"] = _digest(value)
        else:
            digests[name] = _digest(values[name])
    return digests


def _form_names(form: Any, changed: Iterable[str]) -> dict[str, str]:
    """Return the form's fields that show what is changed -> the name it has here.

    A form that gives each key of a JSON object a field of its own says so in
    ``key_prefixes``: field of the model -> what is before the key.
    """
    prefixes = getattr(form, "key_prefixes", {})
    names = {}
    for name in changed:
        field, _dot, key = name.partition(".")
        shown = f"{prefixes[field]}{key}" if key and field in prefixes else field
        if shown in form.fields:
            names[shown] = name
    return names


def _digest(raw: Any) -> str:
    if isinstance(raw, list):
        raw = sorted(map(str, raw))
    text = json.dumps(raw, sort_keys=True, default=str)
    return blake2b(text.encode(), digest_size=DIGEST_BYTES).hexdigest()


def _read_seen(request: HttpRequest) -> Seen:
    """Read what a page carried; of nonsense nothing: all has then changed."""
    try:
        seen = json.loads(request.POST.get(SEEN, ""))
        return {
            name: {field: str(digest) for field, digest in digests.items()}
            for name, digests in seen.items()
        }
    except (ValueError, AttributeError):
        return {}


def _changed(seen: Seen, now: State) -> dict[str, frozenset[str]]:
    """Return which fields are not what was seen, by row; all of one gone or unseen."""
    present: Seen = json.loads(digests_of(now))
    changed = {}
    for name in present.keys() | seen.keys():
        pairs = present.get(name, {}).items() ^ seen.get(name, {}).items()
        if pairs:
            changed[name] = frozenset(field for field, _digest in pairs)
    return changed


def _kept(request: HttpRequest) -> set[str]:
    """Return the fields and rows in which the other's values were chosen."""
    if request.method != "POST":
        return set()
    return {
        name.removeprefix(CHOICE)
        for name, value in request.POST.items()
        if name.startswith(CHOICE) and value == THEIRS
    }


def _kept_values(posted: QueryDict) -> Iterator[tuple[str, str]]:
    """Yield what was typed, to be sent again with the choices."""
    for name, values in posted.lists():
        if name not in NOT_KEPT and not name.startswith(CHOICE):
            yield from ((name, str(value)) for value in values)


def _of_form(
    form: BaseForm, theirs: Values, changed: frozenset[str], request: HttpRequest
) -> Iterator[Conflict]:
    """Yield the fields that are changed and are not the same as was typed."""
    seen = _read_seen(request).get("", {})
    names = _form_names(form, changed)
    for name in [each for each in form.fields if each in names]:
        if name not in form.changed_data:
            continue
        field = form[name]
        typed = field.value()
        yield Conflict(
            name,
            capfirst(str(field.label)),
            theirs=_shown(form, name, field.initial),
            mine=_shown(form, name, typed),
            is_mine=_digest(_raw(theirs.get(name), typed)) != seen.get(names[name]),
        )


def _raw(like: Any, typed: Any) -> Any:
    """Return what was typed in the shape in which versions hold it, roughly."""
    if isinstance(like, bool):
        return bool(typed)
    if isinstance(like, int) and str(typed).isdecimal():
        return int(typed)
    if isinstance(like, dict | list) and isinstance(typed, str):
        try:
            return json.loads(typed)
        except ValueError:
            return typed
    return typed


def _of_row(form: Any, name: str, changed: Container[str]) -> Conflict:
    """Describe a row of an inline of which both have changed something."""
    names = [each for each in form.fields if each in changed]
    kind = capfirst(str(form.instance._meta.verbose_name))  # noqa: SLF001 - public
    mine = "; ".join(
        f"{form[each].label}: {_shown(form, each, form[each].value())}"
        for each in names
    )
    return Conflict(
        name,
        f"{kind} {form.instance}",
        theirs="; ".join(
            f"{form[each].label}: {_shown(form, each, form[each].initial)}"
            for each in names
        ),
        mine="Delete it" if _is_deleted(form) else mine,
    )


def _gone(formset: Any, name: str) -> Conflict:
    kind = capfirst(str(formset.model._meta.verbose_name))  # noqa: SLF001 - public
    number = name.partition(":")[2]
    return Conflict(
        name, f"{kind} number {number}", "Deleted", "", is_mine=False, is_gone=True
    )


def _shown(form: Any, name: str, value: Any) -> str:
    """Write a value of a form as people read it."""
    field = form.fields[name]
    if value in (None, "", []):
        return "-"
    if hasattr(field, "queryset"):
        wanted = value if isinstance(value, list | tuple) else [value]
        pks = [getattr(each, "pk", each) for each in wanted]
        rows = field.queryset.filter(pk__in=[pk for pk in pks if str(pk).isalnum()])
        return ", ".join(map(str, rows)) or "-"
    if hasattr(field, "choices"):
        labels = {str(key): str(label) for key, label in field.choices}
        wanted = value if isinstance(value, list | tuple) else [value]
        return ", ".join(labels.get(str(each), str(each)) for each in wanted)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _is_deleted(form: Any) -> bool:
    return "DELETE" in form.fields and bool(form["DELETE"].value())


def _name_of(row: Model) -> str:
    return f"{row._meta.label_lower}:{row.pk}"  # noqa: SLF001 - public


def _posted_name(formset: Any, index: int) -> str:
    """Return which row a form is of, as it was posted: it may be gone."""
    options = formset.model._meta  # noqa: SLF001 - public
    pk = formset.data.get(f"{formset.prefix}-{index}-{options.pk.name}", "")
    return f"{options.label_lower}:{pk}"


def _leave_alone(formset: Any, form: Any) -> None:
    """Let every field of a row keep its stored value, but for its keys."""
    keys = {formset.model._meta.pk.name, formset.fk.name}  # noqa: SLF001 - public
    for name, field in form.fields.items():
        if name not in keys:
            field.disabled = True


def _drop_rows(posted: QueryDict, formset: Any, gone: list[int]) -> None:
    """Take rows of an inline out of what was posted, and number the others anew."""
    if not gone:
        return
    prefix = formset.prefix
    total = formset.total_form_count()
    kept = [index for index in range(total) if index not in gone]
    rows = [
        {
            name.removeprefix(f"{prefix}-{index}-"): posted.pop(name)
            for name in list(posted)
            if name.startswith(f"{prefix}-{index}-")
        }
        for index in range(total)
    ]
    for index, former in enumerate(kept):
        for name, values in rows[former].items():
            posted.setlist(f"{prefix}-{index}-{name}", values)
    posted[f"{prefix}-TOTAL_FORMS"] = str(len(kept))
    initial = formset.initial_form_count() - len(gone)
    posted[f"{prefix}-INITIAL_FORMS"] = str(initial)
