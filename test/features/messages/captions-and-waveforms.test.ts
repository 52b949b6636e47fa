import { beforeAll, describe, expect, test } from "vitest";
import { call, expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  createGroup,
  deleteMessage,
  getConversation,
  getMessage,
  listedConversation,
  page,
  send,
} from "../../support/clients/chat.ts";
import { expectPosted, mergedDraft, reference } from "../../support/clients/forwards.ts";
import { asLastMessage, StrictSearch, withoutOwnPart } from "../../support/clients/shapes.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { perRun, sampledCases } from "../../support/sampled-cases.ts";

let ann: SignedIn;
let bob: SignedIn;

beforeAll(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
});

const URL = "https://example.org/a";
const MEDIA = ["image", "audio", "video", "file"] as const;
const CAPTION = "The new goal, from behind 🥅";
const WAVEFORM = Array.from({ length: 100 }, (_, i) => i + (i > 50 ? 1 : 0));
const VOICE = { kind: "audio", body: { url: URL, name: "note.ogg", caption: CAPTION, waveform: WAVEFORM } };

async function found({ token }: SignedIn, id: number, q: string): Promise<number[]> {
  const path = `/v1/conversations/${id}/messages/search?q=${encodeURIComponent(q)}`;
  const { items } = StrictSearch.parse((await call("GET", path, { token })).body);
  return items.map(({ seq }) => seq);
}

describe("a caption", () => {
  test.each(sampledCases(MEDIA, perRun(1, MEDIA.length), 1))(
    "of an %s is shown with the message, wherever that is shown",
    async (kind) => {
      const { id } = await createGroup(ann, [bob]);
      const sockets = [await openRoom(id, bob.token), await openDevice(bob.token)];
      const body = { url: URL, caption: CAPTION };
      const sent = await send(ann, id, { kind, body });
      expect(sent.body).toEqual(body);
      expect(await getMessage(bob, id, sent.seq)).toEqual(sent);
      expect((await page(bob, id)).items).toEqual([sent]);
      await expect
        .poll(async () => (await listedConversation(bob, id)).last_message)
        .toEqual(asLastMessage(sent));
      for (const socket of sockets) {
        expect(await socket.next("message")).toEqual({ type: "message", message: withoutOwnPart(sent) });
        socket.close();
      }
    },
  );

  test("is sent over sockets too", async () => {
    const { id } = await createGroup(ann, [bob]);
    const socket = await openRoom(id, ann.token);
    socket.send({ type: "send", client_msg_id: "c", ...VOICE });
    expect(await socket.next("ack")).toMatchObject({ seq: 1 });
    socket.close();
    expect((await getMessage(bob, id, 1)).body).toEqual(VOICE.body);
  });

  test.each(sampledCases(MEDIA, perRun(1, MEDIA.length)))(
    "of an %s is found by search, and so is the name of its file",
    async (kind) => {
      const { id } = await createGroup(ann, [bob]);
      await send(ann, id, "before");
      await send(ann, id, { kind, body: { url: URL, name: "IMG_1.png", caption: CAPTION } });
      await send(ann, id, { kind, body: { url: URL, name: "only-name.png" } });
      await send(ann, id, { kind, body: { url: URL, caption: "only this" } });
      expect(await found(bob, id, "from BEHIND")).toEqual([2]);
      expect(await found(bob, id, "img_1")).toEqual([2]);
      expect(await found(bob, id, "only")).toEqual([4, 3]);
      // A text never reaches from the caption into the name.
      expect(await found(bob, id, "🥅 IMG")).toEqual([]);
      expect(await found(bob, id, "🥅\nIMG")).toEqual([]);
      expect(await found(bob, id, "🥅IMG")).toEqual([]);
      await deleteMessage(ann, id, 2, "everyone");
      expect(await found(bob, id, "from behind")).toEqual([]);
    },
  );

  test("is the preview of a quote, before the name of the file", async () => {
    const { id } = await createGroup(ann, [bob]);
    await send(ann, id, { kind: "image", body: { url: URL, name: "a.png", caption: CAPTION } });
    await send(ann, id, { kind: "image", body: { url: URL, name: "a.png", caption: "" } });
    const quote = async (seq: number) =>
      (await send(bob, id, { kind: "text", body: { text: "!" }, quote_seq: seq })).quote;
    expect(await quote(1)).toMatchObject({ kind: "image", preview: CAPTION });
    expect(await quote(2)).toMatchObject({ kind: "image", preview: "a.png" });
  });

  test("goes with a revoke", async () => {
    const { id } = await createGroup(ann, [bob]);
    const { seq } = await send(ann, id, VOICE);
    await deleteMessage(ann, id, seq, "everyone");
    expect(await getMessage(bob, id, seq)).toMatchObject({ revoked: true, body: {} });
  });
});

test("a caption and a waveform are forwarded and merged", async () => {
  const { id } = await createGroup(ann, [bob]);
  const original = await send(ann, id, VOICE);
  expect(original.body).toEqual(VOICE.body);
  const forward = await expectPosted(bob, id, { forward: reference(original) });
  expect([forward.kind, forward.body]).toEqual(["audio", VOICE.body]);
  const merged = await expectPosted(bob, id, mergedDraft([original, forward]));
  expect(merged.body).toMatchObject({ items: [{ body: VOICE.body }, { body: VOICE.body }] });
});

describe("a waveform", () => {
  const wrong = [
    null,
    "1",
    50,
    {},
    [-1],
    [101],
    [0.5],
    ["1"],
    [null],
    [[1]],
    [1e308],
    Array.from({ length: 101 }, () => 1),
  ];

  test("has up to 100 integers from 0 to 100", async () => {
    const { id } = await createGroup(ann);
    for (const waveform of [[], [0], [100], WAVEFORM]) {
      const body = { url: URL, waveform };
      expect((await send(ann, id, { kind: "audio", body })).body).toEqual(body);
    }
    const before = await getConversation(ann, id);
    for (const waveform of wrong) {
      expectProblem(
        await ask(ann, id, "POST", "/messages", { kind: "audio", body: { url: URL, waveform } }),
        400,
        "validation_failed",
      );
    }
    expect(await getConversation(ann, id)).toEqual(before);
  });

  test("is a field of audio alone: elsewhere it is ignored, as every unknown field", async () => {
    const { id } = await createGroup(ann);
    const sent = await send(ann, id, { kind: "video", body: { url: URL, waveform: [1] } });
    expect(sent.body).toEqual({ url: URL });
  });
});
