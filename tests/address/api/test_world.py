from typing import Any, Final

from rest_framework.test import APITestCase

from address.models import Address
from custom.api.xml import dump_xml, load_xml
from tests.users.factories import UserFactory

URL = "/api/address/"
NAME = {"last_name": "Lovelace"}
# As people write them: country, line1, city, region, postcode, phone, VAT id.
TYPED: Final = """
AD|Plaça del Poble 1|Andorra la Vella||AD500|+376 712 345|
AE|Al Maktoum Road 7|Dubai|Dubai||050 123 4567|
AR|Av. 9 de Julio 1000|Buenos Aires||C1043AAX|+54 11 4321-1234|
AT|Stephansplatz 1|Wien||1010|0664 1234567|u13585627
AU|1 Macquarie St|Sydney|New South Wales|2000|(02) 9374 4000|
AX|Torggatan 17|Mariehamn||22100|018 25000|fi 2077474-0
BE|Rue de la Loi 16|Bruxelles||B-1000|02 501 02 11|BE 0428.759.497
BR|Av. Paulista 1578|São Paulo|SP|01310-200|(11) 91234-5678|
CA|111 Wellington St|Ottawa|ontario|k1a 0b1|613-995-1234|
CH|Bahnhofstrasse 1|Zürich||CH-8001|044 668 18 00|CHE-107.787.577 MWST
CN|长安街1号|北京|北京市|100006|138 0013 8000|
CY|Makariou 5|Λευκωσία||1065|22 123456|
CZ|Václavské nám. 1|Praha||110 00|601 123 456|
DE|Platz der Republik 1|Berlin||D-10117|030/123456|de 136,695 976
DK|Høje Taastrup|Høje Taastrup||0800|32 12 34 56|
EE|Viru 1|Tallinn||10140|5123 4567|
ES|Calle Mayor 1|Madrid|Madrid|28013|612 34 56 78|b-58378431
FI|Mannerheimintie 1|Helsinki||FI-00100|041 2345678|
FR|5 av. Anatole France|Paris||75007|06 12 34 56 78|40 303 265 045
GB|10 Downing Street|London||sw1a2aa|020 7925 0918|gb 980 7806 84
GI|1 Main Street|||GX11 1AA|200 74636|
GL|Imaneq 1|Nuuk||3900|22 12 34|
GP|Rue Frébault 1|Pointe-à-Pitre||97110|0690 00 12 34|FR40303265045
GR|Ερμού 1|Αθήνα||105 63|691 234 5678|GR 094259216
HK|1 Nathan Road|Tsim Sha Tsui|Kowloon||5123 4567|
IE|1 Grafton Street|Dublin||D02 VX33|085 012 3456|
IM|1 Athol Street|Douglas||im1 1aa|07624 312345|980 7806 84
IN|1 Janpath|New Delhi|Delhi|110001|081234 56789|
IS|Laugavegur 1|Reykjavík||101|611 1234|
IT|Via Roma 1|Milano|Milano|20121|02 1234567|
JE|1 King Street|St Helier||JE2 4WD|07797 712345|
JP|千代田1-1||東京都|100-0001|090-1234-5678|
KR|세종대로 110|중구|서울특별시|04524|010-2000-0000|
LI|Städtle 1|Vaduz||9490|660 234 567|CHE-107.787.577 MWST
LU|Rue Notre-Dame 1|Luxembourg||L-2240|628 123 456|
LV|Brīvības iela 1|Rīga||LV-1010|21 234 567|
MC|1 av. de la Costa|Monaco||MC-98000|06 12 34 56 78|FR 40 303265045
MX|Av. Juárez 1|México|CDMX|06050|222 123 4567|
NL|Dam 1|Amsterdam||1012js|06 12345678|nl 4495445b01
NO|Karl Johans gate 1|Oslo||0154|406 12 345|
PL|Rynek 1|Kraków||31-042|512 345 678|
PR|1 Calle Fortaleza|San Juan||00901|(787) 234-5678|
PT|Rua Augusta 1|Lisboa||1100-048|912 345 678|
QA|Al Corniche Street 1|Doha|||3312 3456|
RE|Rue de Paris 1|Saint-Denis||97400|0692 12 34 56|
SE|Drottninggatan 1|Stockholm||SE-111 51|070 123 45 67|
SG|1 Raffles Place|||048616|8123 4567|
US|1600 Pennsylvania Ave|Washington|District of Columbia|20500|(202) 456-1111|
VA|Via del Pellegrino|Città del Vaticano||00120|+39 06 698 12345|
ZA|1 Long Street|Cape Town||8001|071 123 4567|
"""
KEPT: Final = {
    ("AU", "region"): "NSW",
    ("BE", "postcode"): "1000",
    ("CA", "region"): "ON",
    ("CA", "postcode"): "K1A 0B1",
    ("CH", "postcode"): "8001",
    ("DE", "postcode"): "10117",
    ("ES", "region"): "M",
    ("FI", "postcode"): "00100",
    ("GB", "postcode"): "SW1A2AA",
    ("IM", "postcode"): "IM1 1AA",
    ("IT", "region"): "MI",
    ("LU", "postcode"): "2240",
    ("MC", "postcode"): "98000",
    ("MX", "region"): "CDMX",
    ("NL", "postcode"): "1012JS",
    ("SE", "postcode"): "111 51",
    ("US", "region"): "DC",
}
NUMBERS: Final = {
    ("AX", "vat_id"): "FI20774740",
    ("AT", "vat_id"): "ATU13585627",
    ("AT", "phone"): "+436641234567",
    ("BE", "vat_id"): "BE0428759497",
    ("DE", "phone"): "+4930123456",
    ("ES", "vat_id"): "ESB58378431",
    ("FR", "vat_id"): "FR40303265045",
    ("GB", "vat_id"): "980780684",
    ("GP", "vat_id"): "FR40303265045",
    ("GP", "phone"): "+590690001234",
    ("GR", "vat_id"): "EL094259216",
    ("IM", "vat_id"): "980780684",
    ("IM", "phone"): "+447624312345",
    ("IT", "phone"): "+39021234567",
    ("LI", "vat_id"): "CHE107787577MWST",
    ("MC", "vat_id"): "FR40303265045",
    ("NL", "vat_id"): "NL004495445B01",
    ("VA", "phone"): "+390669812345",
}
PARTS: Final = ("country", "line1", "city", "region", "postcode", "phone", "vat_id")


def addresses() -> list[dict[str, str]]:
    rows = [line.split("|") for line in TYPED.strip().splitlines()]
    return [
        NAME | dict(zip(PARTS, map(str.strip, cells), strict=True)) for cells in rows
    ]


class WorldTests(APITestCase):
    """Addresses of fifty countries, in the book"""

    def setUp(self) -> None:
        self.client.force_authenticate(UserFactory())

    def assert_kept(self, typed: dict[str, str], shown: dict[str, Any]) -> None:
        country = typed["country"]
        for part in ("line1", "city", "region", "postcode"):
            wanted = KEPT.get((country, part), typed[part])
            self.assertEqual(shown[part], wanted, part)
        for part in ("phone", "vat_id"):
            if wanted := NUMBERS.get((country, part)):
                self.assertEqual(shown[part], wanted)
            self.assertEqual(bool(shown[part]), bool(typed[part]))

    def test_each_is_taken_in_json_and_in_xml(self) -> None:
        for typed in addresses():
            with self.subTest(typed["country"]):
                answer = self.client.post(URL, typed)
                self.assertEqual(answer.status_code, 201, answer.content)
                shown = answer.json()
                self.assert_kept(typed, shown)
                again = self.client.post(
                    URL,
                    dump_xml(typed),
                    content_type="application/xml",
                    headers={"Accept": "application/xml"},
                )
                self.assertEqual(again.status_code, 201, again.content)
                read = load_xml(again.content)
                self.assertEqual(read | {"id": ""}, _as_xml(shown) | {"id": ""})
                # What was answered is taken again, and means the same.
                path = f"{URL}{shown['id']}/"
                parts = {name: shown[name] for name in (*PARTS, "last_name")}
                self.assertEqual(self.client.put(path, parts).json(), shown)
                Address.objects.all().delete()  # a book takes a hundred

    def test_a_city_is_left_out_by_who_leaves_it_out(self) -> None:
        (typed,) = (each for each in addresses() if each["country"] == "AT")
        path = f"{URL}{self.client.post(URL, typed).json()['id']}/"
        moved = {"country": "SG", "postcode": "048616", "vat_id": ""}
        self.assertEqual(self.client.patch(path, moved).json()["city"], "Wien")
        for city in ("", "  "):
            self.assertEqual(self.client.patch(path, {"city": city}).json()["city"], "")
        moved = {"country": "AT", "postcode": "1010"}
        answer = self.client.patch(path, moved)
        (fault,) = answer.json()["errors"]
        self.assertEqual((fault["pointer"], fault["code"]), ("#/city", "required"))

    def test_what_does_not_fit_is_pointed_at(self) -> None:
        for country, changes, faults in (
            ("US", {"region": ""}, {("#/region", "required")}),
            ("US", {"region": "Bavaria"}, {("#/region", "invalid")}),
            ("AU", {"postcode": "20000"}, {("#/postcode", "invalid")}),
            ("BR", {"region": "XX"}, {("#/region", "invalid")}),
            ("HK", {"region": ""}, {("#/region", "required")}),
            ("GB", {"postcode": "ZZ1 1ZZ"}, {("#/postcode", "invalid")}),
            ("IM", {"postcode": "SW1A 2AA"}, {("#/postcode", "invalid")}),
            ("GP", {"postcode": "75007"}, {("#/postcode", "invalid")}),
            ("MC", {"postcode": "06000"}, {("#/postcode", "invalid")}),
            ("DE", {"city": ""}, {("#/city", "blank")}),
            ("SG", {"city": None}, {("#/city", "null")}),
            ("SG", {"city": False}, {("#/city", "invalid")}),
            ("SG", {"city": []}, {("#/city", "invalid")}),
            ("GI", {"city": "", "colour": 1}, {("#/colour", "unknown-field")}),
            ("GR", {"vat_id": "DE136695976"}, {("#/vat_id", "invalid")}),
            ("JE", {"vat_id": "GB980780684"}, {("#/vat_id", "invalid")}),
            ("SG", {"postcode": ""}, {("#/postcode", "required")}),
        ):
            (typed,) = (each for each in addresses() if each["country"] == country)
            with self.subTest(country, changes=changes):
                answer = self.client.post(URL, typed | changes)
                self.assertEqual(answer.status_code, 400, answer.content)
                found = {(e["pointer"], e["code"]) for e in answer.json()["errors"]}
                self.assertEqual(found, faults)


def _as_xml(shown: dict[str, Any]) -> dict[str, Any]:
    """Return an answer as its XML reads: every scalar a text."""
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in shown.items()
    }
