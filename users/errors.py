"""What can be wrong with an account or a sign-in, in the shop's own terms."""

from custom.errors import ConflictError, InvalidError, MissingError


class AccountGoneError(MissingError):
    """What a repeated registration made has been deleted since."""

    code = "account-gone"
    title = "Account deleted"


class EmailTakenError(ConflictError):
    """Another account has the address, in this spelling or another."""

    code = "email-taken"
    title = "Address taken"


class CredentialsInvalidError(InvalidError):
    """No active account has this address and password; never says which is wrong."""

    code = "credentials-invalid"
    title = "Wrong credentials"
