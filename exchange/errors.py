"""What can go wrong with files that come in and go out."""

from custom.errors import ConflictError, InvalidError


class FileRefusedError(InvalidError):
    """A file cannot be read, or a value cannot be written into one."""

    code = "file-refused"
    title = "File refused"


class ImportStateError(ConflictError):
    """An import is not in the state that the step needs."""

    code = "import-state"
    title = "Not possible now"
