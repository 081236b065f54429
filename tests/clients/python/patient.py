"""A transport for httpx, and so for the generated client, that backs off."""

import random
import time

import httpx


class PatientTransport(httpx.HTTPTransport):
    """Sends a request again when the shop says so, after as long as it says."""

    tries = 6
    waits = 0  # so far

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the first answer that is neither 429 nor 503, or else the last."""
        for _ in range(self.tries - 1):
            answer = super().handle_request(request)
            if answer.status_code not in (429, 503):
                return answer
            answer.close()
            self.waits += 1
            time.sleep(int(answer.headers.get("Retry-After", 1)) + random.random())
        return super().handle_request(request)
