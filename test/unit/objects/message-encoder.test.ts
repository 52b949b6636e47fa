import { expect, test } from "vitest";
import { z } from "zod";
import type { MessageRow } from "../../../src/conversation/log/row.ts";
import type { Room } from "../../../src/conversation/room.ts";
import { devicePage } from "../../../src/conversation/views/replay-page.ts";
import { deletedUser } from "../../../src/domain/accounts/person.ts";
import { Position, Seq, type UserId } from "../../../src/domain/ids.ts";
import type { Draft, Message } from "../../../src/domain/messages/message.ts";
import type { EncodingContext } from "../../../src/domain/sync/message-context.ts";
import { deviceProtocol } from "../../../src/surfaces/v1/frames/device.ts";
import { ANN, BOB, inIsolatedObject, isolatedRoom } from "../../support/objects/isolated-room.ts";
import { itemAt } from "../../support/objects/room.ts";

const PLACE: EncodingContext = {
  ...{ kind: "group", handle: null, spaceId: null, name: "", users: () => [], profileOf: deletedUser },
};

/** The seqs that were encoded, in order. */
type Encoded = number[];

function roomOf(storage: DurableObjectStorage): { room: Room; encoded: Encoded } {
  const encoded: Encoded = [];
  const encode = (message: Message, place: EncodingContext) => {
    encoded.push(message.seq);
    return deviceProtocol.encode(message, place);
  };
  return { room: isolatedRoom(storage, undefined, { v1: { encode } }), encoded };
}

/** @returns the stored row */
function say(room: Room, text: string, options: Partial<Draft> = {}): MessageRow {
  const draft = { clientMsgId: undefined, kind: "text", body: JSON.stringify({ text }) } as const;
  const drafts = [{ ...draft, quoteSeq: undefined, mentions: [], ...options }];
  const rows: MessageRow[] = [];
  room.sends.submit(ANN, drafts, { resolve: ({ result }) => result.ok && rows.push(result.value.row) });
  room.flushSends();
  return itemAt(rows, 0);
}

/** Shows a message to room sockets: what they are sent bears a mark. */
function show(room: Room, row: MessageRow): void {
  const { message } = room.renderer.renderForAll(row);
  const marked = { ...message, body: JSON.stringify({ text: "as in the room" }) };
  const text = deviceProtocol.encode({ ...message, ...marked }, PLACE);
  if (text !== null) room.encoder.noteShown(row, message, "v1", text);
}

const Shown = z.object({
  seq: z.int(),
  sender: z.object({ nickname: z.string() }),
  revoked: z.boolean(),
  body: z.object({ text: z.string().optional() }),
  quote: z.object({ preview: z.string() }).optional(),
});

/** What a member's devices are shown live of the messages after a seq. */
function shownTo(room: Room, reader: UserId, after: number): z.infer<typeof Shown>[] {
  const { formats } = room.encoder;
  const request = { after: Position.parse(after), rev: undefined, isLive: true, formats };
  const { messages } = devicePage(room, room.members.active(reader), request);
  return messages.map(({ texts }) => Shown.parse(JSON.parse(texts.v1 ?? "null")));
}

test("a message is encoded once for all members", () =>
  inIsolatedObject("group", async (storage) => {
    const { room, encoded } = roomOf(storage);
    for (const text of ["one", "two"]) say(room, text);
    const [anns, bobs] = [shownTo(room, ANN, 0), shownTo(room, BOB, 0)];
    expect(anns.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(bobs).toEqual(anns);
    expect(shownTo(room, BOB, 1)).toEqual(anns.slice(1));
    expect(encoded).toEqual([1, 2]);
  }));

test("a message is encoded in the wire formats that devices have, once in each", () =>
  inIsolatedObject("group", async (storage) => {
    const encoded: string[] = [];
    const format = (name: string) => ({
      encode: (message: Message, place: EncodingContext) => {
        encoded.push(`${name} ${message.seq}`);
        return deviceProtocol.encode(message, place);
      },
    });
    const room = isolatedRoom(storage, undefined, { v1: format("v1"), other: format("other") });
    const pageFor = (reader: UserId, ...formats: string[]) => {
      const position = { after: Position.parse(room.log.last.seq - 1), rev: undefined };
      const { messages } = devicePage(room, room.members.active(reader), {
        ...position,
        formats,
        isLive: true,
      });
      return Object.keys(itemAt(messages, 0).texts);
    };
    say(room, "one");
    expect([pageFor(ANN, "v1"), pageFor(BOB, "v1")]).toEqual([["v1"], ["v1"]]);
    expect(encoded).toEqual(["v1 1"]);
    // A release to come may know a format that this one lacks.
    expect(pageFor(BOB, "other", "unknown")).toContain("other");
    // From now on devices of both formats are known.
    encoded.length = 0;
    say(room, "two");
    for (const reader of [ANN, BOB, ANN]) pageFor(reader, reader === ANN ? "v1" : "other");
    expect(encoded.sort()).toEqual(["other 2", "v1 2"]);
  }));

const textsTo = (room: Room, reader: UserId, after: number) =>
  shownTo(room, reader, after).map(({ body }) => body.text);

test("devices are shown the text that room sockets were shown, once devices are in use", () =>
  inIsolatedObject("group", async (storage) => {
    const { room, encoded } = roomOf(storage);
    show(room, say(room, "before"));
    expect(textsTo(room, BOB, 0)).toEqual(["before"]);
    show(room, say(room, "now"));
    expect([textsTo(room, BOB, 1), textsTo(room, ANN, 1)]).toEqual([["as in the room"], ["as in the room"]]);
    expect(encoded).toEqual([1]);
  }));

/** Gives Ann another nickname. */
function rename(room: Room, nickname: string): void {
  const ann = { id: ANN, username: "", nickname, avatar: "" };
  room.commit((tx) => room.profiles.store(tx, ann, Date.now()));
}

test.each<[string, (room: Room) => unknown]>([
  ["a new profile of its sender", (room) => rename(room, "A")],
  ["a new name card of its sender", (room) => room.group.change(ANN, ANN, { nameCard: "A" })],
  ["its revoke", (room) => room.redaction.revoke(ANN, Seq.parse(2))],
])("a message is encoded anew for devices after %s", async (_, change) =>
  inIsolatedObject("group", async (storage) => {
    const { room, encoded } = roomOf(storage);
    say(room, "one");
    shownTo(room, BOB, 0);
    show(room, say(room, "two"));
    await change(room);
    expect(textsTo(room, BOB, 1)).not.toContain("as in the room");
    expect(encoded).toContain(2);
  }),
);

test("a quote, and a reply to a thread, are encoded for devices by themselves", () =>
  inIsolatedObject("group", async (storage) => {
    const { room } = roomOf(storage);
    say(room, "one");
    shownTo(room, BOB, 0);
    show(room, say(room, "a quote", { quoteSeq: Seq.parse(1) }));
    show(room, say(room, "a reply", { thread: { root: Seq.parse(1), alsoInMain: true } }));
    expect(textsTo(room, BOB, 1)).toEqual(["a quote", "a reply"]);
  }));

test("a message that one format cannot show is shown in the others", () =>
  inIsolatedObject("group", async (storage) => {
    const encode = () => {
      throw new Error("it has no words for this");
    };
    const room = isolatedRoom(storage, undefined, { dumb: { encode }, v1: deviceProtocol });
    say(room, "one");
    expect(shownTo(room, BOB, 0)).toMatchObject([{ seq: 1 }]);
  }));

test("a quote is shown to those who may see it, and to nobody else", () =>
  inIsolatedObject("group", async (storage) => {
    const { room } = roomOf(storage);
    say(room, "secret");
    await room.redaction.hide(BOB, Seq.parse(1));
    say(room, "as I said", { quoteSeq: Seq.parse(1) });
    const quotes = (reader: UserId) => shownTo(room, reader, 1).map(({ quote }) => quote?.preview);
    for (let repeated = 0; repeated < 2; repeated++)
      expect([quotes(ANN), quotes(BOB)]).toEqual([["secret"], [undefined]]);
  }));
