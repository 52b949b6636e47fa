import { expect, test } from "vitest";
import { insecureIn } from "../../scripts/support/insecure.ts";

const PATH = "web/src/somewhere.ts";

test.each([
  "const id = crypto.randomUUID()",
  "await crypto.subtle.digest(x)",
  "await navigator.clipboard.writeText(x)",
  'navigator.locks.request("a", work)',
  "navigator.share(data)",
  "await navigator.storage.persist()",
  "await caches.open(name)",
  'if (Notification.permission !== "granted") return',
  "new Notification(title)",
])("a page over plain http has no %s", (text) => {
  expect(insecureIn(PATH, `const a = 1;\n${text};\n`)).toEqual([
    { line: 2, what: expect.stringMatching(/ over plain http$/) },
  ]);
});

test.each([
  "const id = newId()",
  "// crypto.randomUUID is not there",
  "await navigator.serviceWorker?.ready",
  'return navigator.locks ? navigator.locks.request("a", work) : work()',
  'if ("caches" in window) await caches.open(name)',
  'const has = "Notification" in window;\nnew Notification(title)',
  "const shown = new Map<string, Notification>()",
])("%s works, or asks first", (text) => {
  expect(insecureIn(PATH, text)).toEqual([]);
});
