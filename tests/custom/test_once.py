import threading

from django.test import SimpleTestCase

from custom.once import Once

MOMENT = 0.1  # in which a thread that does not wait is done


class OnceTests(SimpleTestCase):
    """custom.once"""

    def test_who_comes_meanwhile_waits_for_what_the_first_makes(self) -> None:
        made: list[object] = []
        seen: list[object] = []
        second = threading.Thread(target=lambda: seen.append(make()))

        @Once
        def make() -> object:
            if not second.ident:
                second.start()
                second.join(MOMENT)
            made.append(object())
            return made[-1]

        seen.append(make())
        second.join()
        self.assertEqual(len(made), 1)
        self.assertEqual(seen, [made[0], made[0]])

    def test_a_failure_is_not_kept(self) -> None:
        answers = iter([ZeroDivisionError(), None])

        @Once
        def make() -> None:
            if error := next(answers):
                raise error

        self.assertRaises(ZeroDivisionError, make)
        self.assertIsNone(make())
        self.assertIsNone(make())  # and is not asked for a third time

    def test_what_is_forgotten_is_made_again(self) -> None:
        make = Once(object)
        first = make()
        self.assertIs(make(), first)
        make.cache_clear()
        self.assertIsNot(make(), first)
