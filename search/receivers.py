"""Keep pages of searches in step with what staff say of words, whoever saves it."""

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from custom.caching.versions import announce
from search.models import Synonym
from search.tags import SEARCH


@receiver((post_save, post_delete), sender=Synonym)
def announce_synonym(**_signal: object) -> None:
    """Any search may find more, or less."""
    announce([SEARCH])
