import { beforeAll, expect, test } from "vitest";
import { call, expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, getConversation, getMessage, send } from "../../support/clients/chat.ts";
import { asLastMessage } from "../../support/clients/shapes.ts";

let ann: SignedIn;
let id: number;

beforeAll(async () => {
  ann = await register();
  id = (await createGroup(ann)).id;
});

const URL_PREFIX = "https://example.org/";
const longest = URL_PREFIX + "x".repeat(4_096 - URL_PREFIX.length);
const media = { url: `${URL_PREFIX}a.png` };
const wholeMedia = {
  ...media,
  name: "a 😀.png",
  size: 0,
  content_type: "image/png",
  width: 1,
  height: 9_000,
  duration_ms: 0,
};

/** Bodies that are accepted, and returned as they were sent. */
const GOOD: [string, object][] = [
  ["text", { text: "hello" }],
  ["text", { text: " \n\t<script>\u0007'\"\\\u2028👨‍👩‍👧" }],
  ["text", { text: "x".repeat(8_000) }],
  ["text", { text: "😀".repeat(8_000) }],
  ["image", media],
  ["image", wholeMedia],
  ["audio", { url: "http://example.org/a.mp3", duration_ms: 1_000 }],
  ["video", { url: longest }],
  [
    "file",
    { ...media, name: "名".repeat(255), content_type: "x".repeat(255), size: Number.MAX_SAFE_INTEGER },
  ],
  ["image", { ...wholeMedia, caption: "😀".repeat(2_000) }],
  [
    "audio",
    { ...wholeMedia, caption: "", transcript: "x", waveform: Array.from({ length: 100 }, (_, i) => i) },
  ],
  ["video", { ...media, caption: " \n" }],
  ["file", { ...media, caption: "<b>" }],
  ["location", { latitude: 31.2304, longitude: 121.4737 }],
  ["location", { latitude: -90, longitude: 180, address: "街".repeat(500) }],
  ["location", { latitude: 90, longitude: -180 }],
  ["face", { index: "1", data: "" }],
  ["face", { index: "", data: "😀" }],
  ["custom", { data: "{}", description: "", extension: "" }],
  // Exactly 32 KiB of JSON.
  ["custom", { data: "x".repeat(32 * 1024 - 43), description: "", extension: "" }],
  ["custom", { data: "长".repeat(10_908), description: "", extension: "1" }],
];

test.each(GOOD)("%s is accepted (%#)", async (kind, body) => {
  const sent = await send(ann, id, { kind, body });
  expect(sent).toMatchObject({ kind });
  expect(sent.body).toEqual(body);
  expect(await getMessage(ann, id, sent.seq)).toEqual(sent);
  expect((await getConversation(ann, id)).last_message).toEqual(asLastMessage(sent));
});

test("unknown fields of a body are left out", async () => {
  const sent = await send(ann, id, { kind: "text", body: { text: "x", url: "y", ["__proto__"]: { a: 1 } } });
  expect(sent.body).toEqual({ text: "x" });
});

/**
 * For each kind fields that must be there, and values of their type that they refuse: `examples.test.ts` has
 * the values of other types.
 */
const BAD: [kind: string, field: string, values: unknown[]][] = [
  ["text", "text", [undefined, "x".repeat(8_001), "😀".repeat(8_001), "\u0001".repeat(8_000)]],
  [
    "image",
    "url",
    [
      ...[undefined, "", "x", "/files/a.png", "//example.org/a.png", "example.org/a.png", `${longest}x`],
      ...["ftp://example.org/a.png", "javascript:alert(1)", "JavaScript:alert(1)", "file:///etc/passwd"],
      ...["data:image/png;base64,AA==", "blob:https://example.org/1", "https://", "http://"],
    ],
  ],
  ...["audio", "video", "file"].map((kind): [string, string, unknown[]] => [
    ...([kind, "url"] as const),
    [undefined, "javascript:alert(1)"],
  ]),
  ["file", "name", [null, 1, "x".repeat(256), "😀".repeat(256)]],
  ["file", "content_type", [null, 1, "x".repeat(256)]],
  ["file", "size", [null, "1", -1, 1.5, 2 ** 53, 1e308]],
  ...["width", "height"].map((side): [string, string, unknown[]] => ["image", side, [null, "1", 0, -1, 1.5]]),
  ["video", "duration_ms", [null, "1", -1, 1.5, 2 ** 53]],
  ["image", "caption", [null, "x".repeat(2_001), "😀".repeat(2_001)]],
  ...["audio", "video", "file"].map((kind): [string, string, unknown[]] => [kind, "caption", [null, 1]]),
  ["audio", "transcript", [null, 1, "x".repeat(8_001)]],
  ["audio", "waveform", [null, 1, "1", {}, [-1], [101], [0.5], Array.from({ length: 101 }, () => 1)]],
  ["location", "latitude", [undefined, null, -90.000_001, 90.000_001, 1e308, -1e308]],
  ["location", "longitude", [undefined, null, -180.000_001, 180.000_001, 1e308]],
  ["location", "address", [null, 1, "x".repeat(501)]],
  ["face", "index", [undefined, null, "x".repeat(32 * 1024)]],
  ["face", "data", [undefined, null]],
  ["custom", "data", [undefined, null, "x".repeat(32 * 1024 - 42), "长".repeat(10_909)]],
  ["custom", "description", [undefined, null]],
  ["custom", "extension", [undefined, null]],
];

const LEAST: Record<string, object> = {
  text: { text: "x" },
  image: media,
  audio: media,
  video: media,
  file: media,
  location: { latitude: 0, longitude: 0 },
  face: { index: "1", data: "x" },
  custom: { data: "", description: "", extension: "" },
};

test.each(BAD)("%s, its %s: a wrong value is refused and not stored", async (kind, field, values) => {
  const before = await getConversation(ann, id);
  for (const value of values) {
    const body = { ...LEAST[kind], [field]: value };
    const answer = await call("POST", `/v1/conversations/${id}/messages`, {
      token: ann.token,
      body: { kind, body },
    });
    expectProblem(answer, 400, "validation_failed");
  }
  expect(await getConversation(ann, id)).toEqual(before);
});

test("a number that no double holds is refused on arrival", async () => {
  const before = await getConversation(ann, id);
  const bodies = [
    '{"kind":"location","body":{"latitude":1e400,"longitude":0}}',
    '{"kind":"location","body":{"latitude":0,"longitude":-1e400}}',
    '{"kind":"text","body":{"text":"x"},"quote_seq":1e400}',
    '{"kind":"file","body":{"url":"https://example.org","size":1e400}}',
  ];
  for (const body of bodies) {
    const answer = await call("POST", `/v1/conversations/${id}/messages`, { token: ann.token, body });
    expectProblem(answer, 400, "validation_failed");
  }
  expect(await getConversation(ann, id)).toEqual(before);
});
