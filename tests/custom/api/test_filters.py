"""Filter sets cost what a request asks for."""

from types import SimpleNamespace
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import QueryDict
from django.test import SimpleTestCase
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import BaseRenderer, BrowsableAPIRenderer

from custom.api.filters import FilterBackend, FilterSet
from custom.api.renderers import JSONRenderer
from users.models import User


class UserFilter(FilterSet):
    """Users by two columns."""

    first_name = django_filters.CharFilter()
    pk = django_filters.NumberFilter(max_value=9)


class FilterSetTests(SimpleTestCase):
    """Only the parameters named are looked at."""

    def filters(self, query: str, renderer: BaseRenderer | None = None) -> Any:  # noqa: ANN401
        request: Any = SimpleNamespace(accepted_renderer=renderer or JSONRenderer())
        return UserFilter(QueryDict(query), User.objects.all(), request=request)

    def test_named_filters_alone_are_made(self) -> None:
        found = self.filters("pk=3&other=1")
        self.assertEqual([*found.filters], ["pk"])
        self.assertIn("= 3", str(found.qs.query))
        self.assertEqual([*found.form.cleaned_data], ["pk"])
        self.assertEqual([*UserFilter.base_filters], ["first_name", "pk"])

    def test_none_named(self) -> None:
        found = self.filters("")
        self.assertTrue(found.is_valid())
        self.assertEqual(str(found.qs.query), str(User.objects.all().query))

    def test_faults_in_the_order_of_the_class(self) -> None:
        found = self.filters("pk=10&first_name=%00")
        self.assertFalse(found.is_valid())
        self.assertEqual([*found.errors], ["first_name", "pk"])

    def test_browsable_page_shows_every_field(self) -> None:
        found = self.filters("pk=3", BrowsableAPIRenderer())
        self.assertEqual([*found.form.fields], ["first_name", "pk"])
        self.assertIn("= 3", str(found.qs.query))


class WholeFilter(UserFilter):
    """Has its say even if nothing is asked for."""

    def filter_queryset(self, queryset: QuerySet[User]) -> QuerySet[User]:
        return super().filter_queryset(queryset).filter(is_active=True)


class FilterBackendTests(SimpleTestCase):
    """No set is made where it would narrow nothing"""

    def narrowed(self, query: str, kind: type[FilterSet] | None = UserFilter) -> Any:  # noqa: ANN401
        request: Any = SimpleNamespace(
            query_params=QueryDict(query), accepted_renderer=JSONRenderer()
        )
        view = SimpleNamespace(filterset_class=kind)
        return FilterBackend().filter_queryset(request, self.rows, view)

    def setUp(self) -> None:
        self.rows = User.objects.all()

    def test_nothing_named(self) -> None:
        self.assertIs(self.narrowed(""), self.rows)
        self.assertIs(self.narrowed("page=2&other=1"), self.rows)
        self.assertIs(self.narrowed("pk=3", None), self.rows)

    def test_named(self) -> None:
        self.assertIn("= 3", str(self.narrowed("page=2&pk=3").query))
        with self.assertRaises(ValidationError):
            self.narrowed("pk=10")

    def test_set_of_its_own_mind(self) -> None:
        self.assertIn("is_active", str(self.narrowed("", WholeFilter).query.where))
