import createClient from "openapi-fetch";
import { patientFetch } from "./patient.ts";
import type { paths } from "./shop.d.ts";

const shop = createClient<paths>({
  baseUrl: process.env.SHOP!,
  fetch: patientFetch,
  // `attributes` stands for parameters that are named after attributes.
  querySerializer: { object: { style: "form", explode: true } },
});

const page = await shop.GET("/api/product/", {
  params: { query: { id: "21", attributes: { "attr.format": "blu-ray" } } },
});
console.log(page.data?.results.map((film) => film.title));

const { error } = await shop.GET("/api/product/", { params: { query: { page: 99 } } });
console.log(error?.status, error?.code);

const login = await shop.POST("/api/user/login/", {
  body: { email: "customer@example.com", password: "demo-shop-2026", device: "Script" },
});
const me = await shop.GET("/api/user/me/", {
  headers: { Authorization: `Token ${login.data?.token}` },
});
console.log(me.data?.email);
