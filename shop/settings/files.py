"""Static files and their bundles, and uploaded pictures."""

from shop.settings.environment import *

STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / "var" / "static"))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(BASE_DIR / "var" / "media"))
# Files that came in to be imported: no address leads there, all workers share it.
EXCHANGE_ROOT = env.str("EXCHANGE_ROOT", default=str(BASE_DIR / "var" / "exchange"))
EXCHANGE_MAX_BYTES = env.int("EXCHANGE_MAX_BYTES", default=50_000_000)
EXCHANGE_KEEP_DAYS = env.int("EXCHANGE_KEEP_DAYS", default=90)
STORAGES = {
    "default": {"BACKEND": "cachebuster.files.HashedMediaStorage"},
    "staticfiles": {"BACKEND": "cachebuster.storage.CacheBusterStorage"},
}
CACHEBUSTER = {"STAMP": env.str("CACHEBUSTER_STAMP", default="hash")}
# A bundle's sources run alone as well, so they are not wrapped in a function.
PIPELINE = {
    "PIPELINE_ENABLED": True,  # pages name bundles in development too
    "PIPELINE_COLLECTOR_ENABLED": False,
    "DISABLE_WRAPPER": True,
    "JS_COMPRESSOR": "cachebuster.compressors.TdewolffCompressor",
    "CSS_COMPRESSOR": "cachebuster.compressors.RcssminCompressor",
    "JAVASCRIPT": {
        "stats": {
            "source_filenames": (
                "vendor/uplot/uPlot.js",
                "stats/numbers.js",
                "stats/lines.js",
                "stats/chart.js",
            ),
            "output_filename": "js/stats.js",
            "extra_context": {"defer": True},
        },
        "staff": {
            "source_filenames": ("staff/keys.js", "staff/times.js"),
            "output_filename": "js/staff.js",
            "extra_context": {"defer": True},
        },
        "docs": {
            "source_filenames": ("docs/swagger.js",),
            "output_filename": "js/docs.js",
        },
        "redoc": {
            "source_filenames": ("docs/redoc.js",),
            "output_filename": "js/redoc.js",
        },
    },
    "STYLESHEETS": {
        "admin": {
            "source_filenames": (
                "vendor/uplot/uPlot.css",
                "staff/admin.css",
                "staff/chart.css",
                "stats/report.css",
            ),
            "output_filename": "css/admin.css",
        },
        "docs": {
            "source_filenames": ("docs/docs.css",),
            "output_filename": "css/docs.css",
        },
        "mailbox": {
            "source_filenames": ("pages/mailbox.css",),
            "output_filename": "css/mailbox.css",
        },
        "pages": {
            "source_filenames": ("pages/pages.css",),
            "output_filename": "css/pages.css",
        },
    },
}
