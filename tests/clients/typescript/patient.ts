/** A `fetch` for openapi-fetch that backs off. */

const TRIES = 6;

/** Returns the first answer that is neither 429 nor 503, or else the last. */
export async function patientFetch(request: Request): Promise<Response> {
  for (let tried = 1; tried < TRIES; tried += 1) {
    const answer = await fetch(request.clone());
    if (answer.status !== 429 && answer.status !== 503) return answer;
    const seconds = Number(answer.headers.get("Retry-After") ?? 1) + Math.random();
    await new Promise((wake) => setTimeout(wake, seconds * 1000));
  }
  return fetch(request);
}
