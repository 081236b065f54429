import createClient from "openapi-fetch";
import { patientFetch } from "./patient.ts";
import type { components, paths } from "./shop.d.ts";

type Problem = components["schemas"]["Problem"];
const shop = createClient<paths>({ baseUrl: process.env.SHOP!, fetch: patientFetch });

const { error } = await shop.POST("/api/order/", {
  params: { header: { "Idempotency-Key": crypto.randomUUID() } },
  body: {
    lines: [{ variant: 22, quantity: 9999 }],
    email: "zoe@example.com",
    shipping_address: {
      first_name: "Zoë", last_name: "Çelik", line1: "Neubaugasse 1",
      postcode: "1070", city: "Wien", country: "AT",
    },
  },
});
if (error?.status === 409) {
  switch (error.code) {
    case "insufficient-stock":
      console.log("Offer what is left:", error.errors?.[0]?.["available"]);
      break;
    case "basket-changed":
    case "total-changed":
      console.log("Show the new total, and ask again.");
      break;
    case "voucher-customer-limit":
    case "voucher-used-up":
      console.log("Order without the voucher.");
      break;
    case "idempotency-in-progress":
      console.log("Wait, then send the same again.");
      break;
    case "account-closed":
      console.log("Sign in anew.");
      break;
    default:
      // Newer than these types; tsc complains of the next line when they know it.
      error satisfies never;
      console.log((error as Problem).detail);
  }
}
