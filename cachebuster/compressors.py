"""Compressors for pipeline that need no Node and break nothing.

Compared by running their output: docs/decisions/0026-bundles.md.
"""

import re

import minify
import rcssmin
from pipeline.compressors import CompressorBase
from pipeline.exceptions import CompressorError

EVAL = re.compile(r"(?<![\w$.])eval\s*\(")


class TdewolffCompressor(CompressorBase):
    """JavaScript, by tdewolff-minify."""

    def compress_js(self, js: str) -> str:
        """Return the script, smaller.

        Raises:
            CompressorError: It does not parse, or would run otherwise; nothing is
                published then.
        """
        if not js.strip():
            return ""
        if "\0" in js:  # the library hands over C strings, which would end there
            msg = "A script has a NUL character."
            raise CompressorError(msg)
        if EVAL.search(js):  # variables are renamed under its eyes
            msg = "A script calls eval(), which no page of ours may do."
            raise CompressorError(msg)
        try:
            return str(minify.string("text/javascript", js))
        except minify.MinifyError as error:
            msg = f"A script does not parse: {error}"
            raise CompressorError(msg) from error


class RcssminCompressor(CompressorBase):
    """Style sheets, by rcssmin."""

    def compress_css(self, css: str) -> str:
        """Return the style sheet, smaller."""
        return str(rcssmin.cssmin(css))
