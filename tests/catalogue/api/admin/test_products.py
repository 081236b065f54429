import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from catalogue.models import Product, ProductListing, Variant
from catalogue.services import (
    NewVariant,
    add_image,
    create_product,
    update_product,
    update_variant,
)
from custom.history.reverting import deleted_of, recover
from custom.models import OutboxMessage
from tax.models import TaxClass
from tests.catalogue.api.admin.editors import (
    LIST,
    EditorTestCase,
    make_editor,
    needs_second_factor,
)
from tests.catalogue.factories import CategoryFactory, ProductTypeFactory, picture
from tests.staff.codes import enrol
from tests.users.factories import UserFactory, create_key, create_token

BODY = {
    "title": "Nosferatu",
    "product_type": "film",
    "variants": [{"sku": "N-DVD"}],
}


def by_id(external_id: str) -> str:
    return f"{LIST}by-external-id/{external_id}/"


class AccessTests(EditorTestCase):
    """Who may do what"""

    def calls(self) -> list[Any]:
        return [
            self.client.get(LIST),
            self.client.post(LIST, BODY),
            self.client.get(self.detail),
            self.client.patch(self.detail, {"title": "x"}),
            self.client.delete(self.detail),
            self.client.get(by_id("erp/1")),
            self.client.put(by_id("erp/1"), {"title": "x"}),
        ]

    def test_anonymous(self) -> None:
        self.client.force_authenticate(None)
        for answer in self.calls():
            self.assert_problem(answer, 401, "not-authenticated")

    def test_customers_and_staff_without_rights(self) -> None:
        powerful = UserFactory(is_superuser=True)  # but none of the staff
        for user in (UserFactory(), powerful, make_editor("Finance")):
            self.client.force_authenticate(user)
            for answer in self.calls():
                self.assert_problem(answer, 403, "permission-denied")

    def test_who_may_only_look(self) -> None:
        self.client.force_authenticate(make_editor("Read-only auditor"))
        statuses = [answer.status_code for answer in self.calls()]
        self.assertEqual(statuses, [200, 403, 200, 403, 403, 200, 403])

    def test_who_may_not_see_offers(self) -> None:
        self.client.force_authenticate(make_editor("Customer service"))
        variants = self.client.get(self.detail).json()["variants"]
        self.assertEqual([each["offers"] for each in variants], [None, None])

    @needs_second_factor
    def test_staff_without_a_second_factor(self) -> None:
        _token, secret = create_token(self.editor)
        self.client.force_authenticate(None)
        headers = {"Authorization": f"Token {secret}"}
        answer = self.client.get(LIST, headers=headers)
        self.assert_problem(answer, 403, "second-factor-required")
        enrol(self.editor)
        self.assertEqual(self.client.get(LIST, headers=headers).status_code, 200)

    @needs_second_factor
    def test_keys_do_what_their_scopes_name(self) -> None:
        self.client.force_authenticate(None)
        for scopes, statuses in (
            ((), [403] * 7),
            (["catalogue:read"], [200, 403, 200, 403, 403, 200, 403]),
            (["catalogue:write"], [403, 201, 403, 428, 428, 403, 200]),
        ):
            _key, secret = create_key(self.editor, *scopes)
            self.client.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
            found = [answer.status_code for answer in self.calls()]
            self.assertEqual(found, statuses)
        _key, secret = create_key(UserFactory(), "catalogue:read")  # no staff
        self.client.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
        self.assert_problem(self.client.get(LIST), 403, "permission-denied")

    def test_what_is_not_there(self) -> None:
        missing = f"{LIST}{self.product.pk + 1}/"
        for answer in (
            self.client.get(missing),
            self.client.patch(missing, {"title": "x"}, headers={"If-Match": "*"}),
            self.client.delete(missing, headers={"If-Match": "*"}),
            self.client.get(f"{LIST}{10**30}/"),
            self.client.get(by_id("erp/2")),
            self.client.put(by_id("x" * 129), BODY),
            self.client.get(by_id("%20erp/1")),
        ):
            self.assert_problem(answer, 404, "not-found")


class ReadTests(EditorTestCase):
    """GET /api/admin/product/ and …/{id}/"""

    def test_whole_body(self) -> None:
        answer = self.client.get(self.detail)
        self.assertEqual(answer.json(), self.shown())
        self.assertEqual(answer["Cache-Control"], "private, no-store")
        self.assertEqual(self.client.get(by_id("erp/1")).json(), self.shown())
        listed = self.client.get(LIST).json()
        self.assertEqual(listed["results"], [self.shown()])
        self.assertEqual(listed["count"], 1)

    def test_fields(self) -> None:
        answer = self.client.get(f"{self.detail}?fields=id,slug")
        pair = {"id": self.product.pk, "slug": "metropolis"}
        self.assertEqual(answer.json(), pair)

    def test_unchanged(self) -> None:
        tag = self.client.get(self.detail)["ETag"]
        again = self.client.get(self.detail, headers={"If-None-Match": tag})
        self.assertEqual(again.status_code, 304)

    def test_filters(self) -> None:
        later = timezone.now() + dt.timedelta(days=1)
        below = CategoryFactory(name="Noir", parent=self.drama)
        other = create_product(
            product_type=ProductTypeFactory(code="book"),
            title="100% Wolf",
            variants=[NewVariant(sku="W")],
            categories=[below],
            is_public=False,
        )
        Product.objects.filter(pk=self.product.pk).update(
            updated_at=timezone.now() - dt.timedelta(days=2)
        )
        update_product(other.pk, external_id="ERP/1")  # another, byte for byte
        since = (timezone.now() - dt.timedelta(days=1)).isoformat()
        first, second = self.product.pk, other.pk
        for query, wanted in (
            ("", [first, second]),
            ("ordering=-id", [second, first]),
            ("ordering=title", [second, first]),
            (f"id={first},{second + 9}", [first]),
            ("external_id=erp/1", [first]),
            ("sku=M-VHS", [first]),
            ("q=METRO", [first]),
            ("q=0%25", [second]),
            ("product_type=book", [second]),
            ("category=drama", [first, second]),
            (f"category={below.pk}", [second]),
            ("is_public=false", [second]),
            ("is_shown=true", [first]),
            ("is_shown=false", [second]),
            (f"updated_since={since.replace('+', '%2B')}", [second]),
            (f"updated_since={later.strftime('%Y-%m-%dT%H:%M:%SZ')}", []),
        ):
            with self.subTest(query=query):
                answer = self.client.get(f"{LIST}?{query}").json()
                self.assertEqual([row["id"] for row in answer["results"]], wanted)

    def test_bad_filters(self) -> None:
        for query, code in (
            ("is_public=perhaps", "invalid"),
            ("updated_since=yesterday", "invalid"),
            ("ordering=price", "invalid-choice"),
            ("category=none", "does-not-exist"),
            ("id=a", "invalid"),
            ("nonsense=1", "unknown-parameter"),
        ):
            name = query.partition("=")[0]
            with self.subTest(query=query):
                answer = self.client.get(f"{LIST}?{query}")
                self.assertEqual(self.faults(answer), {(f"#/query/{name}", code)})

    def test_query_count_does_not_grow(self) -> None:
        self.client.get(LIST)  # rights
        with self.assertNumQueries(
            6
        ):  # count, rows, 4 of their parts; rights are known
            self.client.get(LIST)
        for number in range(5):
            made = create_product(
                product_type=self.film,
                title="More",
                variants=[NewVariant(sku=f"A{number}"), NewVariant(sku=f"B{number}")],
                categories=[self.drama],
            )
            add_image(made, picture())
        with self.assertNumQueries(6):
            answer = self.client.get(LIST)
        self.assertEqual(len(answer.json()["results"]), 6)


class CreateTests(EditorTestCase):
    """POST /api/admin/product/"""

    def test_whole(self) -> None:
        TaxClass.objects.create(code="reduced", name="Reduced")
        body = BODY | {
            "slug": "nosferatu",
            "external_id": "erp/2",
            "description": " A castle. ",
            "attributes": {"director": "Murnau", "year": "1922", "silent": None},
            "categories": ["drama", str(self.drama.pk)],
            "tax_class": "reduced",
            "is_public": True,
            "publish_from": "2999-01-01T01:00:00+01:00",
            "publish_until": None,
            "variants": [
                {"sku": "N-DVD", "attributes": {"discs": 1}, "position": 3},
                {"sku": "N-VHS", "title": "Tape", "is_public": False},
            ],
            "reason": "From the ERP.",
        }
        answer = self.client.post(LIST, body, headers={"X-Request-ID": "r-1"})
        self.assertEqual(answer.status_code, 201, answer.content)
        made = Product.objects.get(slug="nosferatu")
        self.assertEqual(answer["Location"], f"http://testserver{LIST}{made.pk}/")
        second, first = made.variants.order_by("-pk")
        row = {"barcode": "", "weight_grams": None, "offers": []}
        self.assertEqual(
            answer.json(),
            self.shown(
                id=made.pk,
                external_id="erp/2",
                slug="nosferatu",
                title="Nosferatu",
                description=" A castle. ",
                attributes={"director": "Murnau", "year": 1922},
                tax_class="reduced",
                publish_from="2999-01-01T00:00:00Z",
                is_shown=False,
                variants=[
                    self.variant_row(
                        id=second.pk,
                        sku="N-VHS",
                        title="Tape",
                        attributes={},
                        position=1,
                        is_public=False,
                        **row,
                    ),
                    self.variant_row(
                        id=first.pk,
                        sku="N-DVD",
                        attributes={"discs": 1},
                        position=3,
                        **row,
                    ),
                ],
            ),
        )
        self.assertEqual(self.client.get(answer["Location"])["ETag"], answer["ETag"])
        step = ("From the ERP.", "api", self.editor.pk, "r-1")
        self.assertEqual(self.last_step(made), step)
        self.assertEqual(self.last_step(first), step)

    def test_what_is_left_out(self) -> None:
        answer = self.client.post(LIST, BODY)
        self.assertEqual(answer.status_code, 201, answer.content)
        made = answer.json()
        self.assertEqual(made["slug"], "nosferatu")
        self.assertIsNone(made["external_id"])
        self.assertIs(made["is_shown"], True)
        comment, source, *_ = self.last_step(Product.objects.get(pk=made["id"]))
        self.assertEqual((comment, source), ("Product created.", "api"))
        self.assertTrue(ProductListing.objects.filter(product=made["id"]).exists())

    def test_a_keyed_request_makes_one(self) -> None:
        headers = {"Idempotency-Key": "k"}
        first = self.client.post(LIST, BODY, headers=headers)
        again = self.client.post(LIST, BODY, headers=headers)
        self.assertEqual(again.status_code, 201)
        self.assertEqual(again.json(), first.json())
        self.assertEqual(again["Idempotent-Replayed"], "true")
        other = self.client.post(LIST, BODY | {"title": "x"}, headers=headers)
        self.assert_problem(other, 422, "idempotency-key-reused")
        self.assertEqual(Product.objects.count(), 2)

    def test_bad_bodies(self) -> None:
        for body, faults in (
            (
                {},
                {
                    ("#/title", "required"),
                    ("#/product_type", "required"),
                    ("#/variants", "required"),
                },
            ),
            (BODY | {"variants": []}, {("#/variants", "min-length")}),
            (
                BODY | {"variants": [{"sku": ""}, {"sku": "A", "pric": 1}]},
                {
                    ("#/variants/0/sku", "blank"),
                    ("#/variants/1/pric", "unknown-field"),
                },
            ),
            (BODY | {"product_type": "car"}, {("#/product_type", "does-not-exist")}),
            (BODY | {"product_type": {"a": []}}, {("#/product_type", ANY_CODE)}),
            (BODY | {"tax_class": "none"}, {("#/tax_class", "does-not-exist")}),
            (
                BODY | {"categories": ["drama", "none", 10**18]},
                {
                    ("#/categories/1", "does-not-exist"),
                    ("#/categories/2", "does-not-exist"),
                },
            ),
            (BODY | {"categories": "drama"}, {("#/categories", "not-a-list")}),
            (BODY | {"attributes": []}, {("#/attributes", "not-an-object")}),
            (
                BODY | {"attributes": {"year": [1]}},
                {("#/attributes/year", "not-a-value")},
            ),
            (BODY | {"publish_from": "soon"}, {("#/publish_from", "invalid")}),
            (BODY | {"is_public": "maybe"}, {("#/is_public", "invalid")}),
            (BODY | {"external_id": "x" * 129}, {("#/external_id", "max-length")}),
            (BODY | {"external_id": ""}, {("#/external_id", "blank")}),
            (BODY | {"version": 1}, {("#/version", "unknown-field")}),
            (BODY | {"title": "a\x00b"}, {("#/title", "invalid-character")}),
            (
                BODY | {"variants": [{"sku": "A", "weight_grams": 2**31}]},
                {("#/variants/0/weight_grams", "max-value")},
            ),
        ):
            with self.subTest(faults=faults):
                found = self.faults(self.client.post(LIST, body))
                wanted = {
                    (pointer, dict(found).get(pointer) if code is ANY_CODE else code)
                    for pointer, code in faults
                }
                self.assertEqual(found, wanted)
        self.assertEqual(Product.objects.count(), 1)

    def test_broken_rules(self) -> None:
        for change, status, code, pointer in (
            ({"slug": "1927"}, 422, "invalid-slug", "#/slug"),
            ({"slug": "metropolis"}, 409, "slug-taken", "#/slug"),
            ({"external_id": "erp/1"}, 409, "external-id-taken", "#/external_id"),
            ({"variants": [{"sku": "M-DVD"}]}, 409, "sku-taken", None),
            ({"variants": [{"sku": "A"}, {"sku": "A"}]}, 409, "sku-taken", None),
            ({"attributes": {"year": "x"}}, 422, "invalid-attributes", "#/attributes"),
            (
                {
                    "publish_from": "2030-01-01T00:00:00Z",
                    "publish_until": "2029-01-01T00:00:00Z",
                },
                422,
                "invalid-publish-window",
                "#/publish_until",
            ),
        ):
            with self.subTest(code=code):
                answer = self.client.post(LIST, BODY | change)
                self.assert_problem(answer, status, code)
                errors = answer.json().get("errors", [{"pointer": None}])
                self.assertEqual(errors[0]["pointer"], pointer)
        self.assertEqual(Product.objects.count(), 1)
        self.assertEqual(Variant.objects.count(), 2)


class ChangeTests(EditorTestCase):
    """PATCH and DELETE /api/admin/product/{id}/"""

    def test_what_is_left_out_stays(self) -> None:
        comedy = CategoryFactory(name="Comedy", slug="comedy")
        with self.captureOnCommitCallbacks(execute=True):
            answer = self.client.patch(
                self.detail,
                {"title": "Metropolis!", "categories": ["comedy"], "reason": "Moved."},
                headers=self.tag() | {"X-Request-ID": "r-2"},
            )
        self.assertEqual(answer.status_code, 200, answer.content)
        changed = self.shown(title="Metropolis!", categories=[comedy.pk], version=2)
        self.assertEqual(answer.json(), changed)
        self.assertEqual(self.client.get(self.detail).json(), changed)
        step = ("Moved.", "api", self.editor.pk, "r-2")
        self.assertEqual(self.last_step(self.product), step)
        self.assertTrue(OutboxMessage.objects.filter(topic="product.changed").exists())
        listed = self.client.get("/api/product/?category=comedy").json()["results"]
        self.assertEqual([row["title"] for row in listed], ["Metropolis!"])
        page = self.client.get("/api/product/metropolis/").json()
        self.assertEqual(page["title"], "Metropolis!")

    def test_publishing(self) -> None:
        path = "/api/product/metropolis/"
        for change, is_shown in (
            ({"is_public": False}, False),
            ({"is_public": True}, True),
            ({"publish_from": "2999-01-01T00:00:00Z"}, False),
            ({"publish_from": None, "publish_until": "2999-01-01T00:00:00Z"}, True),
            ({"publish_until": "2000-01-01T00:00:00Z"}, False),
        ):
            with (
                self.subTest(change=change),
                self.captureOnCommitCallbacks(execute=True),
            ):
                answer = self.client.patch(self.detail, change, headers=self.tag())
                self.assertEqual(answer.status_code, 200, answer.content)
            self.assertEqual(answer.json()["is_shown"], is_shown)
            page = self.client.get(path)
            self.assertEqual(page.status_code == 200, is_shown, page.content)

    def test_emptied(self) -> None:
        change = {
            "external_id": None,
            "attributes": {},
            "categories": [],
            "description": "",
        }
        answer = self.client.patch(self.detail, change, headers=self.tag())
        self.assertEqual(answer.json(), self.shown(version=2, **change))

    def test_one_end_of_a_window_keeps_the_other(self) -> None:
        until = {"publish_until": "2030-01-01T00:00:00Z"}
        self.client.patch(self.detail, until, headers=self.tag())
        bad = {"publish_from": "2031-01-01T00:00:00Z"}
        answer = self.client.patch(self.detail, bad, headers=self.tag())
        self.assert_problem(answer, 422, "invalid-publish-window")
        good = {"publish_from": "2029-01-01T00:00:00Z"}
        answer = self.client.patch(self.detail, good, headers=self.tag())
        self.assertEqual(
            answer.json(), self.shown(version=3, is_shown=False, **until | good)
        )

    def test_nothing_new_is_not_written(self) -> None:
        tag = self.tag()
        same = {
            "title": "Metropolis",
            "attributes": {"year": "1927", "director": "Lang", "silent": "true"},
            "categories": ["drama"],
            "publish_from": None,
        }
        answer = self.client.patch(self.detail, same, headers=tag)
        self.assertEqual(answer.json(), self.shown())
        self.assertEqual(answer["ETag"], tag["If-Match"])

    def test_conditions(self) -> None:
        change = {"title": "Mine"}
        self.assert_problem(
            self.client.patch(self.detail, change), 428, "precondition-required"
        )
        self.assert_problem(
            self.client.delete(self.detail), 428, "precondition-required"
        )
        for empty in ("", " "):
            for answer in (
                self.client.patch(self.detail, change, headers={"If-Match": empty}),
                self.client.delete(self.detail, headers={"If-Match": empty}),
            ):
                self.assert_problem(answer, 428, "precondition-required")
        for write in (
            lambda: update_product(self.product.pk, title="Theirs"),
            lambda: update_variant(self.dvd.pk, title="Theirs"),
            lambda: add_image(self.product, picture()),
        ):
            tag = self.tag()
            write()
            stale = self.client.patch(self.detail, change, headers=tag)
            self.assert_problem(stale, 412, "precondition-failed")
            stale = self.client.delete(self.detail, headers=tag)
            self.assert_problem(stale, 412, "precondition-failed")
        weak = {"If-Match": f'"x", W/{self.tag()["If-Match"]}'}
        answer = self.client.patch(self.detail, change, headers=weak)
        self.assertEqual(answer.json()["title"], "Mine")

    def test_a_variant_saved_in_the_admin_is_noticed(self) -> None:
        tag = self.tag()
        self.client.force_login(UserFactory(is_staff=True, is_superuser=True))
        page = f"/admin/catalogue/variant/{self.dvd.pk}/change/"
        form = {
            "sku": "M-DVD",
            "title": "Restored",
            "position": 0,
            "is_public": "on",
            "attribute_discs": 2,
            "_seen": self.client.get(page).context["seen"],
        }
        saved = self.client.post(page, urlencode(form), content_type=FORM)
        self.assertEqual(saved.status_code, 302)
        stale = self.client.patch(self.detail, {"title": "Mine"}, headers=tag)
        self.assert_problem(stale, 412, "precondition-failed")

    def test_refused(self) -> None:
        create_product(
            product_type=self.film,
            title="Taken",
            external_id="erp/2",
            variants=[NewVariant(sku="T")],
        )
        for change, status, code in (
            ({"slug": "taken"}, 409, "slug-taken"),
            ({"slug": "x y"}, 422, "invalid-slug"),
            ({"external_id": "erp/2"}, 409, "external-id-taken"),
            ({"attributes": {"nothing": 1}}, 422, "invalid-attributes"),
        ):
            answer = self.client.patch(self.detail, change, headers=self.tag())
            self.assert_problem(answer, status, code)
        for change, fault in (
            ({"product_type": "film"}, ("#/product_type", "unknown-field")),
            ({"variants": []}, ("#/variants", "unknown-field")),
            ({"title": None}, ("#/title", "null")),
        ):
            answer = self.client.patch(self.detail, change, headers=self.tag())
            self.assertEqual(self.faults(answer), {fault})
        self.assert_unchanged()

    def test_what_is_offered_stays(self) -> None:
        answer = self.client.delete(self.detail, headers=self.tag())
        self.assert_problem(answer, 409, "still-offered")
        self.assert_unchanged()

    def test_deleted_and_brought_back(self) -> None:
        made = self.client.post(LIST, BODY | {"external_id": "erp/3"})
        path, tag = made["Location"], made["ETag"]
        with self.captureOnCommitCallbacks(execute=True):
            answer = self.client.delete(path, headers={"If-Match": tag})
        self.assertEqual(answer.status_code, 204)
        self.assertEqual(answer.content, b"")
        self.assert_problem(self.client.get(path), 404, "not-found")
        self.assert_problem(self.client.get("/api/product/nosferatu/"), 410, "gone")
        (version,) = deleted_of(Product)
        recover(version, actor=self.editor)
        back = self.client.get(path).json()
        self.assertEqual(back["external_id"], "erp/3")
        self.assertEqual([each["sku"] for each in back["variants"]], ["N-DVD"])


class UpsertTests(EditorTestCase):
    """PUT /api/admin/product/by-external-id/{external_id}/"""

    def test_made_then_changed(self) -> None:
        path = by_id("gid://erp/Product/7")
        first = self.client.put(path, BODY | {"reason": "Nightly."})
        self.assertEqual(first.status_code, 201, first.content)
        made = first.json()
        self.assertEqual(made["external_id"], "gid://erp/Product/7")
        self.assertEqual(self.client.get(path).json(), made)
        self.assertEqual(first["Location"], f"http://testserver{LIST}{made['id']}/")
        again = self.client.put(path, BODY)
        self.assertEqual(again.status_code, 200)
        self.assertEqual(again.json(), made)  # its version too: nothing was written
        self.assertNotIn("Location", again)
        variants = [{"sku": "N-VHS"}, {"sku": "N-DVD", "title": "Disc"}]
        changed = self.client.put(path, {"title": "New", "variants": variants}).json()
        self.assertEqual(changed["title"], "New")
        self.assertEqual(
            [(each["sku"], each["title"]) for each in changed["variants"]],
            [("N-DVD", "Disc"), ("N-VHS", "")],
        )
        self.assertEqual(changed["variants"][0]["id"], made["variants"][0]["id"])

    def test_a_new_one_needs_more(self) -> None:
        answer = self.client.put(by_id("new"), {"description": "x"})
        self.assertEqual(
            self.faults(answer),
            {
                ("#/title", "required"),
                ("#/product_type", "required"),
                ("#/variants", "required"),
            },
        )
        self.assertEqual(Product.objects.count(), 1)

    def test_conditions(self) -> None:
        path = by_id("erp/1")
        only_new = {"If-None-Match": "*"}
        answer = self.client.put(path, BODY, headers=only_new)
        self.assert_problem(answer, 412, "precondition-failed")
        for condition in ("*", '"1.abc"'):
            answer = self.client.put(
                by_id("erp/9"), BODY, headers={"If-Match": condition}
            )
            self.assert_problem(answer, 412, "precondition-failed")
        tag = self.tag()
        update_variant(self.vhs.pk, barcode="1")
        answer = self.client.put(path, {"title": "x"}, headers=tag)
        self.assert_problem(answer, 412, "precondition-failed")
        answer = self.client.put(path, {"title": "x"}, headers=self.tag())
        self.assertEqual(answer.json()["title"], "x")
        answer = self.client.put(by_id("erp/9"), BODY, headers=only_new)
        self.assertEqual(answer.status_code, 201)

    def test_refused(self) -> None:
        ProductTypeFactory(code="book")
        create_product(
            product_type=self.film, title="Other", variants=[NewVariant(sku="O")]
        )
        for body, status, code in (
            ({"product_type": "book"}, 422, "product-type-stays"),
            ({"title": "x", "variants": [{"sku": "O"}]}, 409, "sku-taken"),
            (
                {
                    "title": "x",
                    "variants": [{"sku": "M-DVD", "attributes": {"discs": "x"}}],
                },
                422,
                "invalid-attributes",
            ),
        ):
            answer = self.client.put(by_id("erp/1"), body)
            self.assert_problem(answer, status, code)
        self.assert_unchanged()
        answer = self.client.put(by_id("erp/1"), {"external_id": "erp/1"})
        self.assertEqual(self.faults(answer), {("#/external_id", "unknown-field")})


ANY_CODE = "any"
FORM = "application/x-www-form-urlencoded"
