import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../src/domain/limits.ts";
import {
  bodyJson,
  Content,
  EMPTY_BODY,
  listedBody,
  previewText,
  searchText,
} from "../../../src/domain/messages/content.ts";

const text = (length: number) => ({ kind: "text", body: { text: "好".repeat(length) } });

describe("bodies that can be sent", () => {
  test.each([
    ["a text up to its limit in characters", text(LIMITS.textLength), true],
    ["one character more", text(LIMITS.textLength + 1), false],
    ["a picture by an https URL", { kind: "image", body: { url: "https://a.example/b.png" } }, true],
    ["a picture by a script", { kind: "image", body: { url: "javascript:alert(1)" } }, false],
    ["a picture without an address", { kind: "image", body: {} }, false],
    ["a place at the pole", { kind: "location", body: { latitude: 90, longitude: 180 } }, true],
    ["a place beyond it", { kind: "location", body: { latitude: 90.1, longitude: 0 } }, false],
    ["a kind that only the server makes", { kind: "tip", body: {} }, false],
    ["a kind that is none", { kind: "gif", body: {} }, false],
  ])("%s: %o", (_, content, fits) => {
    expect(Content.safeParse(content).success).toBe(fits);
  });

  test("a body over 32 KiB of UTF-8 is refused, one of exactly 32 KiB is not", () => {
    const custom = (data: string): Content => ({
      kind: "custom",
      body: { data, description: "", extension: "" },
    });
    const frame = bodyJson(custom("")).length;
    expect(bodyJson(custom("x".repeat(LIMITS.bodyBytes - frame)))).toHaveLength(LIMITS.bodyBytes);
    expect(() => bodyJson(custom("x".repeat(LIMITS.bodyBytes - frame + 1)))).toThrow();
    expect(() => bodyJson(custom("好".repeat(LIMITS.bodyBytes / 2)))).toThrow();
  });
});

describe("text that search finds", () => {
  test.each([
    ["text", { text: "hello" }, "hello"],
    ["file", { url: "https://a.example/b", name: "menu.pdf" }, "menu.pdf"],
    ["image", { url: "https://a.example/b", name: "b.png", caption: "a cat" }, "a cat\0b.png"],
    ["audio", { url: "https://a.example/b", caption: "listen", waveform: [1] }, "listen"],
    ["location", { latitude: 0, longitude: 0, address: "Main St" }, "Main St"],
    ["custom", { data: "secret", description: "a card", extension: "" }, "a card"],
    ["face", { index: "1", data: "smile" }, ""],
    ["tip", { event: "joined", actor_id: 1, user_ids: [] }, ""],
  ] as const)("%s", (kind, body, found) => {
    expect(searchText(kind, JSON.stringify(body))).toBe(found);
  });

  test("a revoked message has no searchable text", () => {
    expect(searchText("text", EMPTY_BODY)).toBe("");
    expect(previewText("text", EMPTY_BODY, false)).toBe("");
  });
});

test("a preview ends at a whole character", () => {
  const preview = previewText("text", JSON.stringify({ text: "👍".repeat(LIMITS.quotePreview + 1) }), false);
  expect(preview).toBe("👍".repeat(LIMITS.quotePreview));
});

test("a list shows the title of a merged message, not its items", () => {
  const body = JSON.stringify({ title: "Lunch", items: [{ text: "private" }] });
  expect(JSON.parse(listedBody("merged", body))).toEqual({ title: "Lunch", items: [] });
  expect(listedBody("merged", EMPTY_BODY)).toBe(EMPTY_BODY);
  expect(listedBody("text", body)).toBe(body);
});
