"""What was asked, as conditions in Haystack's own vocabulary."""

from collections.abc import Iterable, Iterator, Sequence

from haystack.backends import SQ

from catalogue.attribute_terms import ATTRIBUTE_PREFIX
from search.requests import SearchRequest
from search.text import Clause

TEXT_FIELDS = ("title", "details", "content")
PRICE_FACET = "price"
Wording = tuple[str, ...]


def text_conditions(
    clauses: Sequence[Clause], synonyms: Sequence[Sequence[Wording]]
) -> Iterator[SQ]:
    """Return what a product must have of what was typed, each in any wording."""
    place = 0
    while place < len(clauses):
        clause = clauses[place]
        wordings, length = _same(clauses, place, synonyms)
        if clause.is_unwanted:
            yield ~_has(clause.words)
        elif wordings:
            yield _any(_has(wording) for wording in wordings)
        else:
            yield _has(clause.words)
        place += length


def _same(
    clauses: Sequence[Clause], place: int, synonyms: Sequence[Sequence[Wording]]
) -> tuple[list[Wording], int]:
    """Return wordings for what stands here, and how many clauses they stand for."""
    best: list[Wording] = []
    length = 1
    for group in synonyms:
        for wording in group:
            here = clauses[place : place + len(wording)]
            plain = [each.words for each in here if not each.is_unwanted]
            one_phrase = clauses[place].words == wording
            if clauses[place].is_unwanted or not (
                one_phrase or plain == [(word,) for word in wording]
            ):
                continue
            span = 1 if one_phrase else len(wording)
            if span >= length:
                best = [*(best if span == length else ()), *group]
                length = span
    return list(dict.fromkeys(best)), length


def _has(words: Wording) -> SQ:
    """Return the condition that a product has a word, or words side by side."""
    if len(words) == 1:
        return _any(SQ(**{name: words[0]}) for name in TEXT_FIELDS)
    phrase = " ".join(words)
    return _any(SQ(**{f"{name}__exact": phrase}) for name in TEXT_FIELDS)


def _any(conditions: Iterable[SQ]) -> SQ:
    either = SQ()
    for condition in conditions:
        either |= condition
    return either


def filter_conditions(wanted: SearchRequest) -> dict[str, SQ]:
    """Return the conditions of the filters, by the facet that each belongs to."""
    filters: dict[str, SQ] = {}
    if wanted.categories:
        chosen = [str(pk) for pk in wanted.categories]
        filters["category"] = SQ(category_exact__in=chosen)
    if wanted.partners:
        filters["partner"] = SQ(partner_exact__in=[str(pk) for pk in wanted.partners])
    for code, terms in wanted.attributes.items():
        filters[f"{ATTRIBUTE_PREFIX}{code}"] = SQ(attribute_exact__in=list(terms))
    if wanted.in_stock is not None:
        filters["in_stock"] = SQ(in_stock=wanted.in_stock)
    if (wanted.price_min, wanted.price_max) != (None, None):
        # No price is below every price: it is never between two.
        lowest, highest = wanted.price_min or 0, wanted.price_max
        filters[PRICE_FACET] = (
            SQ(price__gte=lowest)
            if highest is None
            else SQ(price__range=[lowest, highest])
        )
    return filters
