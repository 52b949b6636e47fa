import { expect, test } from "vitest";
import { z } from "zod";
import type { Room } from "../../../src/conversation/room.ts";
import { devicePage } from "../../../src/conversation/views/replay-page.ts";
import { Position, Seq, type UserId } from "../../../src/domain/ids.ts";
import type { Draft, Message } from "../../../src/domain/messages/message.ts";
import { deviceProtocol } from "../../../src/surfaces/v1/frames/device.ts";
import { ANN, BOB, inIsolatedObject, isolatedRoom } from "../../support/objects/isolated-room.ts";

/** The seqs that were encoded, in order. */
type Encoded = number[];

function roomOf(storage: DurableObjectStorage): { room: Room; encoded: Encoded } {
  const encoded: Encoded = [];
  const encode = (message: Message) => {
    encoded.push(message.seq);
    return deviceProtocol.encode(message);
  };
  return { room: isolatedRoom(storage, undefined, { v1: { encode } }), encoded };
}

function say(room: Room, text: string, options: Partial<Draft> = {}): void {
  const draft = { clientMsgId: undefined, kind: "text", body: JSON.stringify({ text }) } as const;
  const drafts = [{ ...draft, quoteSeq: undefined, mentions: [], ...options }];
  room.submit(ANN, drafts, { resolve: () => undefined });
  room.flushSends();
}

const Shown = z.object({
  seq: z.int(),
  sender: z.object({ nickname: z.string() }),
  revoked: z.boolean(),
  quote: z.object({ preview: z.string() }).optional(),
});

/** What a member's devices are shown of the messages after a seq. */
function shownTo(room: Room, reader: UserId, after: number): z.infer<typeof Shown>[] {
  const request = { after: Position.parse(after), rev: undefined };
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

test("what is shown of a message follows its sender's profile and its revoke", () =>
  inIsolatedObject("group", async (storage) => {
    const { room } = roomOf(storage);
    say(room, "one");
    expect(shownTo(room, BOB, 0)).toMatchObject([{ sender: { nickname: "" }, revoked: false }]);
    room.profiles.apply({ id: ANN, username: "", nickname: "Ann the second", avatar: "" });
    expect(shownTo(room, BOB, 0)).toMatchObject([{ sender: { nickname: "Ann the second" } }]);
    await room.redaction.revoke(ANN, Seq.parse(1));
    expect(shownTo(room, BOB, 0)).toMatchObject([{ sender: { nickname: "Ann the second" }, revoked: true }]);
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
