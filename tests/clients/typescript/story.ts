/**
 * What a shopper does by the types in `shop.d.ts`, from end to end.
 *
 * Run as a program with the shop's address as its argument. It prints `mail` when it
 * needs the token of the mail just sent, and reads it; its last line tells what it saw,
 * as JSON.
 */

import { once } from "node:events";
import { createInterface } from "node:readline";
import createClient, { type Client } from "openapi-fetch";
import { patientFetch } from "./patient.ts";
import type { components, paths } from "./shop.d.ts";

type Shop = Client<paths>;
type Problem = components["schemas"]["Problem"];
type Told = Record<string, unknown>;

const EMAIL = "zoe.typescript@example.com";
const PASSWORD = "a tide of seven lanterns";
const ADDRESS: components["schemas"]["ShippingAddress"] = {
  first_name: "Zoë",
  last_name: "Çelik",
  line1: "Neubaugasse 1",
  city: "Wien",
  postcode: "1070",
  country: "AT",
};
const BURST = 8; // requests; the shop allows a few in a second
const HASTE = 5 * BURST;

function connect(baseUrl: string, options: { token?: string; patient?: boolean }): Shop {
  return createClient<paths>({
    baseUrl,
    ...(options.token ? { headers: { Authorization: `Token ${options.token}` } } : {}),
    ...(options.patient === false ? {} : { fetch: patientFetch }),
    // `attributes` stands for parameters named after attributes.
    querySerializer: { object: { style: "form", explode: true } },
  });
}

/** Returns what an answer holds that is no problem. */
function good<Body>(answer: { data?: Body; error?: Problem }): Body {
  if (answer.data === undefined) throw new Error(answer.error?.detail);
  return answer.data;
}

/** Returns status and code of a problem, and the pointers of its faults. */
function refused(answer: { error?: Problem; response: Response }): unknown[] {
  const { error, response } = answer;
  if (error?.status !== response.status) throw new Error(`HTTP ${response.status}`);
  return [error.status, error.code, ...(error.errors ?? []).map((each) => each.pointer)];
}

/** Makes an account and proves its address. */
async function register(shop: Shop): Promise<Told> {
  const body = { email: EMAIL, password: PASSWORD, first_name: "Zoë" };
  const user = good(await shop.POST("/api/user/", { body }));
  const again = await shop.POST("/api/user/", { body });
  const faulty = await shop.POST("/api/user/", { body: { ...body, email: "zoe" } });
  console.log("mail");
  const input = createInterface({ input: process.stdin });
  const [token] = (await once(input, "line")) as [string];
  input.close();
  const proof = await shop.POST("/api/user/verify/", { body: { token } });
  return {
    registered: user.email,
    taken: refused(again),
    faulty: refused(faulty),
    proved: proof.response.status === 204,
  };
}

async function signIn(shop: Shop, url: string): Promise<Shop> {
  const body = { email: EMAIL, password: PASSWORD, device: "Zoë's phone" };
  const { token } = good(await shop.POST("/api/user/login/", { body }));
  return connect(url, { token });
}

/** Finds films on Blu-ray; returns a variant of the dearest, and what was seen. */
async function browse(shop: Shop): Promise<[number, Told]> {
  const { results } = good(
    await shop.GET("/api/product/", {
      params: { query: { attributes: { "attr.format": "blu-ray" }, ordering: "-price" } },
    }),
  );
  const path = { key: results[0]!.slug };
  const film = await shop.GET("/api/product/{key}/", { params: { path } });
  const kept = await shop.GET("/api/product/{key}/", {
    params: { path, header: { "If-None-Match": film.response.headers.get("ETag")! } },
  });
  const variant = good(film).variants.find(
    ({ attributes, availability }) =>
      attributes[0]?.value === "blu-ray" && availability.purchasable,
  );
  const missing = await shop.GET("/api/product/{key}/", {
    params: { path: { key: "no-such-film" } },
  });
  const seen = {
    prices: results.map((row) => row.price_from),
    kept: kept.response.status,
    missing: refused(missing),
  };
  return [variant!.id, seen];
}

/** Fills the basket and orders it, by a key that is sent twice. */
async function orderBasket(shop: Shop, variant: number): Promise<Told> {
  await shop.POST("/api/basket/line/", { body: { variant, quantity: 1 } });
  const { lines } = good(
    await shop.POST("/api/basket/line/", { body: { variant, quantity: 2 } }),
  );
  const { results: methods } = good(
    await shop.GET("/api/shipping/", {
      params: { query: { country: "AT", postcode: "1070" } },
    }),
  );
  const wish = {
    basket: true,
    shipping_method: methods[0]!.code,
    shipping_address: ADDRESS,
  };
  const quote = good(await shop.POST("/api/order/quote/", { body: wish }));
  const body = { ...wish, expected_total: quote.total_amount };
  const params = { header: { "Idempotency-Key": crypto.randomUUID() } };
  const first = good(await shop.POST("/api/order/", { params, body }));
  const second = await shop.POST("/api/order/", { params, body });
  const moved = { ...wish, note: "Another wish" };
  return {
    quantities: lines.map((line) => line.quantity),
    order: first.number,
    again: good(second).number,
    replayed: second.response.headers.get("Idempotent-Replayed"),
    reused: refused(await shop.POST("/api/order/", { params, body: moved })),
  };
}

/** Orders one unit without a basket; returns the order's number. */
async function orderLine(shop: Shop, variant: number): Promise<string> {
  const order = await shop.POST("/api/order/", {
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
    body: { lines: [{ variant, quantity: 1 }], shipping_address: ADDRESS },
  });
  return good(order).number;
}

/** Returns the numbers of all orders, page by page. */
async function readHistory(shop: Shop): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | null = null;
  do {
    const page: components["schemas"]["PaginatedOrderRowList"] = good(
      await shop.GET("/api/order/history/", {
        params: { query: { page_size: 2, ...(cursor ? { cursor } : {}) } },
      }),
    );
    pages.push(page.results.map((row) => row.number));
    cursor = page.next && new URL(page.next).searchParams.get("cursor");
  } while (cursor);
  return pages;
}

/** Asks more often than the shop allows, once in vain and once with patience. */
async function hurry(url: string): Promise<Told> {
  const ask = (shop: Shop, length: number) =>
    Promise.all(Array.from({ length }, () => shop.GET("/api/shop/")));
  const hasty = await ask(connect(url, { patient: false }), HASTE);
  const throttled = hasty.find(({ response }) => response.status === 429)!;
  const started = performance.now();
  const answers = await ask(connect(url, {}), BURST);
  const { headers } = throttled.response;
  return {
    throttled: refused(throttled),
    limit: headers.get("X-RateLimit-Limit"),
    remaining: headers.get("X-RateLimit-Remaining"),
    wait: headers.get("Retry-After"),
    answers: answers.map((answer) => good(answer).currency),
    waited: performance.now() - started > 1000,
  };
}

const url = process.argv[2]!;
const guest = connect(url, {});
const told = await register(guest);
const [variant, seen] = await browse(guest);
const shop = await signIn(guest, url);
Object.assign(told, seen, await orderBasket(shop, variant));
const orders: string[] = [];
while (orders.length < 4) orders.push(await orderLine(shop, variant));
const pages = await readHistory(shop);
const { is_email_verified: verified } = good(await shop.GET("/api/user/me/"));
console.log(JSON.stringify({ ...told, orders, pages, verified, ...(await hurry(url)) }));
