"""How staff sign in to the admin, with a second factor, and what is noted of it."""

from shop.settings.environment import *

# Looks at personal data are kept so long.
STAFF_ACCESS_DAYS = env.int("STAFF_ACCESS_DAYS", default=365)
# Staff without a second factor are led to enrol one before anything else.
STAFF_MFA_REQUIRED = env.bool("STAFF_MFA_REQUIRED", default=False)
# Fernet keys that the secrets of factors are encrypted with, the newest first; without
# any they are derived from the secret key and its fallbacks.
STAFF_MFA_KEYS = env.list("STAFF_MFA_KEYS", default=[])
STAFF_MFA_RATE = env.str("STAFF_MFA_RATE", default="10/hour")  # tries of an account

LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

# Of allauth the admin's login and second factor are used, and nothing else: accounts,
# their addresses and tokens are those of the users app.
ACCOUNT_ADAPTER = "staff.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]  # what its checks expect
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False  # a session ends with the browser
ACCOUNT_AUTHENTICATED_LOGIN_REDIRECTS = False  # who lost the right would go in circles
ACCOUNT_RATE_LIMITS = False  # the shop's own: staff.adapters, staff.factors
MFA_ADAPTER = "staff.adapters.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "staff.forms.AuthenticateForm",
    "reauthenticate": "staff.forms.ReauthenticateForm",
}
MFA_TOTP_TOLERANCE = 1  # steps of 30 seconds that a clock may be wrong
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # the users app knows what is verified
