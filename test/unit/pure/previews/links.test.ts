import { expect, test } from "vitest";
import { mayRead } from "../../../../src/core/previews/page.ts";
import { linkIn } from "../../../../src/domain/messages/link-preview.ts";

const of = (text: string) => linkIn(JSON.stringify({ text }));

test.each([
  ["see https://a.example/b.", "https://a.example/b"],
  ["(https://a.example/b)", "https://a.example/b"],
  ["https://a.example/b_(c)", "https://a.example/b_(c)"],
  ["(https://a.example/b_(c))", "https://a.example/b_(c)"],
  ["<https://a.example>", "https://a.example/"],
  ["**https://a.example/b**", "https://a.example/b"],
  ['"https://a.example/b?c=d&e#f", he said', "https://a.example/b?c=d&e"],
  ["看https://a.example/b。好", "https://a.example/b"],
  ["https://a.example/日本", "https://a.example/%E6%97%A5%E6%9C%AC"],
  ["one https://a.example and two https://b.example", "https://a.example/"],
  ["HTTPS://A.EXAMPLE/B", "https://a.example/B"],
  ["no link", null],
  ["ftp://a.example", null],
  ["https://", null],
  ["https://[", null],
  ["://", null],
  [`https://a.example/${"a".repeat(5_000)}`, null],
])("the link in %j is %j", (text, link) => expect(of(text)).toBe(link));

const way = {
  wayOut: { allowsLoopback: false, resolver: "" },
  ownOrigins: ["https://chat.example", "http://old.example:8787"],
  deadline: 0,
};

test.each([
  ...["http://a.example/", "https://a.example:8443/", "https://user@a.example/", "https://1.1.1.1/"],
  ...["https://[2606:4700::1111]/", "https://localhost/", "https://printer.local/", "https://a.internal/"],
  ...[
    "https://chat.example/",
    "https://chat.example./",
    "https://files.chat.example/",
    "https://old.example/",
  ],
  ...[
    "https://workers.dev/",
    "https://x.y.workers.dev/",
    "https://X.WORKERS.DEV/",
    "file:///etc/passwd",
    "x",
  ],
])("%s is not read", (url) => expect(mayRead(url, way)).toBe(false));

test.each([
  "https://a.example/",
  "https://a.example:443/b?c",
  "https://notchat.example/",
  "https://myworkers.dev/",
])("%s may be read", (url) => expect(mayRead(url, way)).toBe(true));
