import tempfile
from pathlib import Path

from django.core.mail import EmailMultiAlternatives, get_connection
from django.http import HttpResponse
from django.test import SimpleTestCase, override_settings

from notifications.mailbox import FILE_BACKEND, kept_mails


class MailboxTests(SimpleTestCase):
    """GET /mailbox/ and the pages below it"""

    def setUp(self) -> None:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.enterContext(
            override_settings(
                SHOP_DEMO=True, EMAIL_BACKEND=FILE_BACKEND, EMAIL_FILE_PATH=folder
            )
        )
        self.folder = Path(folder)

    def send(self, subject: str = "Grüße <b>", html: str = "<p>Hällo</p>") -> None:
        mail = EmailMultiAlternatives(subject, "Hällo <b>\n", to=["ada@example.com"])
        if html:
            mail.attach_alternative(html, "text/html")
        mail.send()

    def key(self) -> str:
        return kept_mails()[0].key

    def get(self, path: str = "") -> HttpResponse:
        return self.client.get(f"/mailbox/{path}")

    def test_the_newest_first(self) -> None:
        self.assertContains(self.get(), "No mail has been sent yet.")
        self.send("Ancient")
        (path,) = self.folder.glob("*.log")
        path.rename(self.folder / "20200101-000000-1.log")
        mails = [EmailMultiAlternatives(each, to=["a@b.c"]) for each in ("Old", "New")]
        get_connection().send_messages(mails)
        subjects = [mail.subject for mail in kept_mails()]
        self.assertEqual(subjects, ["New", "Old", "Ancient"])
        page = self.get()
        for subject in subjects:
            self.assertContains(page, subject)

    def test_a_mail(self) -> None:
        self.send()
        page = self.get(f"{self.key()}/")
        self.assertContains(page, "<h1>Grüße &lt;b&gt;</h1>", html=True)
        self.assertContains(page, "<pre>Hällo &lt;b&gt;\n</pre>", html=True)
        self.assertContains(page, "From shop@example.com to ada@example.com")
        self.assertContains(
            page, 'sandbox="allow-popups allow-popups-to-escape-sandbox"'
        )
        self.assertContains(page, f'src="/mailbox/{self.key()}/html/"')

    def test_its_html_may_do_nothing(self) -> None:
        self.send(html="<p>Hällo</p><script>alert(1)</script>")
        answer = self.get(f"{self.key()}/html/")
        self.assertIn("<p>Hällo</p>", answer.content.decode())
        policy = answer["Content-Security-Policy"]
        self.assertIn("sandbox allow-popups ", policy)
        self.assertIn("default-src 'none'", policy)
        self.assertNotIn("allow-scripts", policy)
        self.assertNotIn("script-src", policy)
        self.assertEqual(answer["X-Frame-Options"], "SAMEORIGIN")

    def test_headers_of_pages(self) -> None:
        self.send()
        for path in ("", f"{self.key()}/"):
            answer = self.get(path)
            self.assertIn("default-src 'none'", answer["Content-Security-Policy"])
            self.assertEqual(answer["X-Frame-Options"], "DENY")
            self.assertEqual(answer["Referrer-Policy"], "no-referrer")
            self.assertIn("no-store", answer["Cache-Control"])

    def test_a_mail_without_html(self) -> None:
        self.send(html="")
        self.assertNotContains(self.get(f"{self.key()}/"), "<iframe")
        self.assertEqual(self.get(f"{self.key()}/html/").status_code, 404)

    def test_no_other_file_is_shown(self) -> None:
        (self.folder / "secret.txt").write_text("secret")
        for key in ("secret.txt", "secret.0", "..%2fsecret.txt", "x"):
            with self.subTest(key):
                self.assertEqual(self.get(f"{key}/").status_code, 404)

    def test_production_has_no_mailbox(self) -> None:
        self.send()
        key = self.key()
        with override_settings(SHOP_DEMO=False):
            for path in ("", f"{key}/", f"{key}/html/"):
                self.assertEqual(self.get(path).status_code, 404)

    def test_nothing_may_be_sent(self) -> None:
        self.assertEqual(self.client.post("/mailbox/").status_code, 405)

    @override_settings(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend")
    def test_where_mails_are_sent_there_are_none_to_show(self) -> None:
        self.assertContains(self.get(), "This shop sends its mails")
