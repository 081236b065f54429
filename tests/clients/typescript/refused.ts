/** What the types must refuse: tsc complains of each line that it would take. */

import type { Client } from "openapi-fetch";
import type { components, paths } from "./shop.d.ts";

export async function mistakes(shop: Client<paths>): Promise<void> {
  // @ts-expect-error There is no such address.
  await shop.GET("/api/products/");
  // @ts-expect-error Lists are not ordered by that.
  await shop.GET("/api/product/", { params: { query: { ordering: "prize" } } });
  // @ts-expect-error The key is missing.
  await shop.POST("/api/order/", { body: { shipping_address: "" } });
  const { data, error } = await shop.GET("/api/user/me/");
  // @ts-expect-error Who has not looked at the error has no data.
  data.email satisfies string;
  // @ts-expect-error Problems have no such member.
  error?.message satisfies string;
  // @ts-expect-error No such code comes with that status.
  if (error?.status === 403) error.code satisfies "token-expired";
  // @ts-expect-error There are others.
  if (error?.status === 401) error.code satisfies "token-expired";
}

// A change holds what changes, and nothing else.
({ city: "Graz" }) satisfies components["schemas"]["PatchedBookEntry"];
