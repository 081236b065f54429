"""Listens to what reversion stores, and to the models it knows."""

import reversion
from reversion.signals import post_revision_commit

from custom.history.recording import note_revision, watch

post_revision_commit.connect(note_revision, dispatch_uid="history.note_revision")
for model in reversion.get_registered_models():
    watch(model)
