"""What can be wrong with an account or a sign-in, in the shop's own terms."""

from custom.errors import ConflictError, InvalidError, MissingError, TooOftenError


class AccountGoneError(MissingError):
    """What a repeated registration made has been deleted since."""

    code = "account-gone"
    title = "Account deleted"


class EmailTakenError(ConflictError):
    """Another account has the address, in this spelling or another."""

    code = "email-taken"
    title = "Address taken"


class NotSignedInError(InvalidError):
    """A sign-in failed; the caller may try again with what is missing or right."""


class CredentialsInvalidError(NotSignedInError):
    """No active account has this address and password; never says which is wrong."""

    code = "credentials-invalid"
    title = "Wrong credentials"


class SecondFactorRequiredError(NotSignedInError):
    """The password was right; a code of the second factor is wanted as well."""

    code = "second-factor-required"
    title = "Code wanted"


class SecondFactorWrongError(NotSignedInError):
    """The password was right, the code is not, or has been used."""

    code = "second-factor-wrong"
    title = "Wrong code"


class SignInLockedError(TooOftenError):
    """Too many passwords were tried; never says of which account, or of any."""

    code = "sign-in-locked"
    title = "Sign-in locked"


class StaffLockError(InvalidError):
    """A lock guards an account of the staff, which superusers alone may unlock."""

    code = "staff-lock"
    title = "Account of the staff"


class PasswordWrongError(InvalidError):
    """The current password that came with a new one is not the account's."""

    code = "password-wrong"
    title = "Wrong password"


class ScopesNotHeldError(InvalidError):
    """A key was to do what its owner may not; ``extra["scopes"]`` names it."""

    code = "scope-not-held"
    title = "Scope not held"


class KeyOwnerError(InvalidError):
    """A key was to act for somebody with more rights than who makes it."""

    code = "key-owner"
    title = "Key for somebody else"


class TooManyKeysError(ConflictError):
    """The account has as many keys as an account may have."""

    code = "too-many-keys"
    title = "Too many keys"


class LinkInvalidError(InvalidError):
    """A token from a mail is old, used, or none; never says which."""

    code = "link-invalid"
    title = "Invalid link"


class AccountClosedError(ConflictError):
    """The account was closed while the request was under way; nothing is stored."""

    code = "account-closed"
    title = "Account closed"


class StaffErasureError(InvalidError):
    """The account is one of the staff's, whose work the books name."""

    code = "staff-account"
    title = "Account of the staff"
