"""The tree of categories, moved by dragging or by the form of one."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from mptt.admin import DraggableMPTTAdmin

from catalogue import services
from catalogue.models import Category
from custom.admin import ShopAdmin
from custom.errors import DomainError

DEEPEST_INDENT = 8  # the last level that css/admin.css sets off


@admin.register(Category)
class CategoryAdmin(ShopAdmin[Category], DraggableMPTTAdmin):
    """The tree, moved by dragging; siblings stay in the order of their names."""

    actions = None
    list_display = ("tree_actions", "indented_title", "slug", "is_public")
    list_display_links = ("indented_title",)
    list_per_page = 2000
    search_fields = ("name", "slug")
    fields = ("name", "slug", "parent", "description", "is_public")
    prepopulated_fields: ClassVar = {"slug": ("name",)}

    @admin.display(description="name", ordering="name")
    def indented_title(self, item: Category) -> str:
        """Tell the depth by a class: the pages' policy refuses style attributes."""
        level = min(item.level, DEEPEST_INDENT)
        return format_html('<div class="level-{}">{}</div>', level, item)

    def save_model(
        self, request: HttpRequest, obj: Category, form: Any, change: bool
    ) -> None:
        """Let the service write the tree, under its lock."""
        values = form.cleaned_data
        if not change:
            obj.pk = services.create_category(
                name=values["name"],
                slug=values["slug"],
                parent=values["parent"],
                description=values["description"],
                is_public=values["is_public"],
            ).pk
            return
        services.update_category(
            obj,
            name=values["name"],
            slug=values["slug"] if "slug" in form.changed_data else None,
            description=values["description"],
            is_public=values["is_public"],
        )
        if "parent" in form.changed_data:
            services.move_category(obj, parent=values["parent"])

    def delete_model(self, request: HttpRequest, obj: Category) -> None:
        """Let the service take the category out of the tree."""
        services.delete_category(obj)

    def _move_node(self, request: HttpRequest) -> HttpResponse:
        """Answer a drag: onto a category is below it, beside it is on its level."""
        queryset = self.get_queryset(request)
        try:
            moved = queryset.get(pk=request.POST.get("cut_item"))
            target = queryset.get(pk=request.POST.get("pasted_on"))
        except (Category.DoesNotExist, TypeError, ValueError):
            return self._moved(request, "A category has disappeared; try again.")
        if not self.has_change_permission(request, moved):
            return self._moved(request, "You may not move categories.")
        onto = request.POST.get("position") == "last-child"
        try:
            services.move_category(moved, parent=target if onto else target.parent)
        except DomainError as error:
            return self._moved(request, error.detail)
        self.log_change(request, moved, f"Moved to {target}.")
        self.message_user(request, f"{moved} has been moved.")
        return HttpResponse("OK")

    def _moved(self, request: HttpRequest, fault: str) -> HttpResponse:
        """Say why nothing was moved; the page shows it when it is loaded again."""
        self.message_user(request, fault, messages.ERROR)
        return HttpResponse("FAIL")
