import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../../src/domain/ids.ts";
import type { SignedIn } from "../../../support/clients/api.ts";
import { expectProblem, registerUsers } from "../../../support/clients/api.ts";
import { deleteMessage, getMessage, send } from "../../../support/clients/chat.ts";
import { untilAcked } from "../../../support/clients/device-frames.ts";
import { expectPosted, mergedDraft, reference } from "../../../support/clients/forwards.ts";
import { withoutOwnPart } from "../../../support/clients/shapes.ts";
import {
  acceptSocket,
  DEVICE_PATH,
  readRefusal,
  roomPath,
  type TestSocket,
  upgrade,
} from "../../../support/clients/socket.ts";
import {
  conversationObject,
  createGroupId,
  inboxObject,
  postText,
  range,
  textFrame,
} from "../../../support/objects/room.ts";
import { setTiming } from "../../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;

// A short cooldown, as an object with a pending timer is not evicted.
beforeAll(() =>
  setTiming({ fanout: { cooldownMs: 10 }, deviceFeed: { holdMs: 10 }, indexing: { idleMs: 1 } }),
);

beforeAll(async () => {
  [ann, bob] = await registerUsers(2);
  id = await createGroupId(ann, bob);
});

const Echoed = z.looseObject({ seq: z.int(), message: z.looseObject({ seq: z.int() }).optional() });
const Items = z.looseObject({ items: z.array(Echoed) });

/** Every ack so far, with its message. */
function acksOf(socket: TestSocket): z.infer<typeof Echoed>[] {
  return socket.frames.flatMap((frame) => {
    if (frame.type === "ack") return [Echoed.parse(frame)];
    return frame.type === "acks" ? Items.parse(frame).items : [];
  });
}

const KINDS: [string, (query: string) => string][] = [
  ["the room socket", (query) => roomPath(id, query)],
  ["the device socket", (query) => `${DEVICE_PATH}${query}`],
];

describe.each(KINDS)("on %s", (_, pathOf) => {
  async function open(query: string, who = ann): Promise<TestSocket> {
    const socket = acceptSocket(await upgrade(pathOf(query), who.token));
    await socket.next("ready");
    // One that reads nothing more would keep its object awake.
    onTestFinished(() => socket.close());
    return socket;
  }

  /** Sends one draft, and waits for its ack. */
  async function ackOf(socket: TestSocket, draft: object): Promise<z.infer<typeof Echoed>> {
    socket.send({ type: "send", conversation_id: id, ...draft });
    return Echoed.parse(await socket.next("ack"));
  }

  test("with `?echo=message` an ack has the message as HTTP shows it: quote, mentions, forward, merged", async () => {
    const socket = await open("?echo=message");
    const source = await send(bob, id, { kind: "text", body: { text: "source 😀" } });
    const drafts = [
      { ...textFrame("plain", crypto.randomUUID()) },
      { ...textFrame("an answer"), quote_seq: source.seq, mentions: [bob.user.id] },
      { forward: reference(source), mentions: "all", client_msg_id: crypto.randomUUID() },
      mergedDraft([source]),
    ];
    for (const draft of drafts) {
      const ack = await ackOf(socket, draft);
      expect(ack.message).toEqual(withoutOwnPart(await getMessage(ann, id, ack.seq)));
    }
  });

  test("a quote that the sender has hidden meanwhile is not in the echo", async () => {
    const socket = await open("?echo=message");
    const quoted = await postText(id, bob, "quoted");
    const clientMsgId = crypto.randomUUID();
    const draft = { ...textFrame("an answer", clientMsgId), quote_seq: quoted };
    expect((await ackOf(socket, draft)).message).toHaveProperty("quote");
    await deleteMessage(ann, id, quoted, "me");
    expect((await ackOf(socket, textFrame("again", clientMsgId))).message).not.toHaveProperty("quote");
  });

  test("a repeat of a client_msg_id has the first message as it is now", async () => {
    const socket = await open("?echo=message");
    const clientMsgId = crypto.randomUUID();
    const first = await ackOf(socket, textFrame("first", clientMsgId));
    const repeat = await ackOf(socket, textFrame("another text", clientMsgId));
    expect(repeat).toEqual(first);
    await deleteMessage(ann, id, first.seq, "everyone");
    const revoked = await ackOf(socket, textFrame("another text", clientMsgId));
    expect(revoked.message).toEqual(withoutOwnPart(await getMessage(ann, id, first.seq)));
    expect(revoked.message).toMatchObject({ revoked: true, body: {} });
  });

  test("each ack of a `sends` has its message, and other devices get the messages as before", async () => {
    const [socket, plain] = [await open("?echo=message"), await open("")];
    const items = range(1, 20).map((i) => ({
      ...textFrame(`${i}`, crypto.randomUUID()),
      conversation_id: id,
    }));
    socket.send({ type: "sends", items });
    await untilAcked(socket, 20);
    for (const { seq, message } of acksOf(socket))
      expect(message).toEqual(withoutOwnPart(await getMessage(ann, id, seq)));
    await plain.until(({ seqs }) => seqs.length >= 20);
    expect(plain.acks).toEqual([]);
    expect(socket.seqs).toEqual([]);
  });

  test("without it an ack is what it was", async () => {
    const socket = await open("");
    const ack = await ackOf(socket, textFrame("plain", "m"));
    const { created_at } = await getMessage(ann, id, ack.seq);
    const bytes = `{"type":"ack","client_msg_id":"m","conversation_id":${id},"seq":${ack.seq},"created_at":${created_at}}`;
    expect(JSON.stringify(socket.frames.find(({ type }) => type === "ack"))).toBe(bytes);
  });

  test("the wish survives the sleep of the object", async () => {
    const socket = await open("?echo=message");
    for (const object of [inboxObject(ann.user.id), conversationObject(id)]) {
      // An evicted object must be called once before it can be evicted again.
      await runInDurableObject(object, () => undefined);
      await evictDurableObject(object);
    }
    const ack = await ackOf(socket, textFrame("after the sleep"));
    expect(ack.message).toEqual(withoutOwnPart(await getMessage(ann, id, ack.seq)));
  });

  test("acks beyond what a socket takes at once come without their messages, and none is lost", async () => {
    const socket = await open("?echo=message");
    const text = { kind: "text", body: { text: "x".repeat(8_000) } };
    const source = await send(bob, id, text);
    const large = await expectPosted(bob, id, mergedDraft(range(1, 25).map(() => source)));
    const items = range(1, 40).map(() => ({
      ...{ conversation_id: id, forward: reference(large), client_msg_id: crypto.randomUUID() },
    }));
    for (const round of ["first", "repeated"]) {
      const before = acksOf(socket).length;
      socket.send({ type: "sends", items });
      await untilAcked(socket, before + items.length);
      const acks = acksOf(socket).slice(before);
      expect(acks.filter(({ message }) => message !== undefined).length, round).toBeGreaterThan(0);
      expect(acks.filter(({ message }) => message === undefined).length, round).toBeGreaterThan(0);
      for (const { seq, message } of acks) if (message) expect(message.seq).toBe(seq);
    }
    expect(socket.isOpen).toBe(true);
  });

  test("another value of `echo` is refused", async () => {
    const answer = await readRefusal(await upgrade(pathOf("?echo=all"), ann.token));
    expectProblem(answer, 400, "validation_failed");
  });
});
