import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";

test("GET /healthz answers once the database does", async () => {
  const response = await exports.default.fetch("https://parley.test/healthz");
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ ok: true });
});

test("an unknown path is a problem", async () => {
  const response = await exports.default.fetch("https://parley.test/v1/nothing");
  expect(response.status).toBe(404);
  expect(response.headers.get("Content-Type")).toBe("application/problem+json");
});

test("a wrong method names the right ones", async () => {
  const response = await exports.default.fetch("https://parley.test/healthz", { method: "POST" });
  expect(response.status).toBe(405);
  expect(response.headers.get("Allow")).toContain("GET");
});
