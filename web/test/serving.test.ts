import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { takeProblems } from "./support/problems.ts";
import { Site } from "./support/site.ts";

const site = Site.forFile();

/** The answer to a browser that opens an address. */
function visit(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { Accept: "text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Mode": "navigate" };
  return fetch(site.origin + path, { redirect: "manual", headers, ...init });
}

test("/ answers with the page, which may run and load what is of this origin only", async () => {
  const answer = await visit("/");
  expect(answer.status).toBe(200);
  const page = await answer.text();
  expect(page).toContain('<div id="root">');
  const [, inline = ""] = /<script data-en[^>]*>(.*?)<\/script>/s.exec(page) ?? [];
  const hash = createHash("sha256").update(inline).digest("base64");
  const policy = (answer.headers.get("Content-Security-Policy") ?? "").split("; ");
  expect(policy).toEqual(
    expect.arrayContaining([
      "default-src 'none'",
      `script-src 'self' 'sha256-${hash}'`,
      "style-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ]),
  );
  expect(policy.join()).not.toMatch(/unsafe|\*/);
  expect(answer.headers.get("X-Content-Type-Options")).toBe("nosniff");
  expect(answer.headers.get("Referrer-Policy")).toBe("no-referrer");
});

test("what the page loads is kept by browsers for ever, and the page itself never without a question", async () => {
  const page = await visit("/");
  expect(page.headers.get("Cache-Control")).toMatch(/max-age=0|no-cache/);
  const html = await page.text();
  const loaded = [...html.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path = ""]) => path);
  expect(loaded.length).toBeGreaterThanOrEqual(2);
  for (const path of loaded) {
    const answer = await visit(path);
    expect([path, answer.status]).toEqual([path, 200]);
    expect(answer.headers.get("Cache-Control")).toBe("public, max-age=31536000, immutable");
  }
});

/** The APIs of other makers name their problems as those makers do. */
const JSON_TYPE = /^application\/(problem\+)?json/;

test.each([
  ...["/v1/nothing", "/v1/me", "/v1", "/nothing", "/nothing/at/all", "/assets/gone.js", "/icons/gone.svg"],
  ...["/index.htm", "/c/1", "/login", "/api/messages"],
])("%s is answered with JSON and never with a page", async (path) => {
  for (const method of ["GET", "POST", "PUT", "DELETE"]) {
    const answer = await visit(path, { method });
    expect([method, answer.headers.get("Content-Type")]).toEqual([method, expect.stringMatching(JSON_TYPE)]);
  }
});

test("an unknown path is not found", async () => {
  const answer = await visit("/nothing");
  expect(answer.status).toBe(404);
  expect(answer.headers.get("Content-Type")).toContain("application/problem+json");
  expect(await answer.json()).toMatchObject({ status: 404, code: "not_found" });
});

test("a page refuses scripts and styles that stand in it, and HTML as text", async () => {
  const page = await site.open();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  const ran = await page.evaluate(() => {
    const script = document.createElement("script");
    const tries = [
      () => document.body.setAttribute("onclick", "window.ran = true"),
      () => document.body.insertAdjacentHTML("beforeend", "<b>HTML</b>"),
      () => script.append("window.ran = true"),
      () => document.body.append(script),
    ];
    for (const attempt of tries) {
      try {
        attempt();
      } catch {
        // As it should be.
      }
    }
    document.body.click();
    return [Object.hasOwn(window, "ran"), document.querySelectorAll("body b").length];
  });
  expect(ran).toEqual([false, 0]);
  expect(takeProblems(page.context()).join()).toMatch(/TrustedScript.*TrustedHTML/);
});
