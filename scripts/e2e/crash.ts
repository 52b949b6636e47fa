import { assertSame } from "../support/assert-same.ts";
import { Room } from "../support/room.ts";
import { wsSocket } from "../support/wire.ts";
import { type E2eContext, rangeFromOne, restartServer } from "./context.ts";

const MOST = 2_000;
const KILL_AFTER = 1_000;
const WINDOW = 32;

/**
 * The whole server is killed under load and started again. Acknowledged messages exist exactly once, at their
 * seqs. The others are sent again with the same client ids, and exist once too.
 */
export async function crash(context: E2eContext): Promise<string> {
  const { ann, bob, conversationId: id } = context;
  const open = (person: typeof ann) => Room.open(person, id, { connect: wsSocket });
  const rooms = await Promise.all([open(ann), open(bob)]);
  const acked = () => rooms.reduce((sum, room) => sum + room.acks.size, 0);
  const load = rooms.map((room) => untilItBreaks(room));
  await Promise.race(rooms.map((room) => room.until("load", () => acked() >= KILL_AFTER)));
  await context.server.kill();
  const broken = await Promise.all(load);
  const certain = acked();

  await restartServer(context);
  for (const { room, sent } of broken) {
    const stored = await seqsByText(room.person.at(context.server.origin), id);
    for (const [clientMsgId, seq] of room.acks) {
      assertSame("where an acknowledged message is", stored.get(sent.get(clientMsgId) ?? ""), [seq]);
    }
    for (const { body, seq } of room.messages) {
      assertSame("where a message is that the other has seen", stored.get(body.text ?? ""), [seq]);
    }
  }

  let again = 0;
  for (const { room, sent } of broken) {
    const person = room.person.at(context.server.origin);
    const revived = await Room.open(person, id, { after: room.shown, connect: wsSocket });
    for (const [clientMsgId, text] of sent) {
      if (room.acks.has(clientMsgId)) continue;
      revived.send(text, clientMsgId);
      again++;
      await revived.until("the ack of a repeated send", () => revived.acks.has(clientMsgId));
    }
    await revived.close();
  }
  const history = await context.bob.history(id);
  assertSame(
    "the history",
    history.map(({ seq }) => seq),
    rangeFromOne(history.length),
  );
  const stored = await seqsByText(context.ann, id);
  for (const text of broken.flatMap(({ sent }) => [...sent.values()])) {
    assertSame(`how often "${text}" is there`, stored.get(text)?.length, 1);
  }
  return (
    `killed (SIGKILL) under load: ${certain} acknowledged, all there once; up again in ` +
    `${context.server.startMs} ms; ${again} without an ack sent again, all there once`
  );
}

interface Broken {
  room: Room;
  /** client_msg_id → text */
  sent: Map<string, string>;
}

/** Sends until the socket closes. */
async function untilItBreaks(room: Room): Promise<Broken> {
  const sent = new Map<string, string>();
  try {
    for (const n of rangeFromOne(MOST)) {
      await room.until("room for one more", () => sent.size - room.acks.size < WINDOW);
      const text = `${room.person.user.username}, before the crash, ${n}`;
      sent.set(room.send(text), text);
    }
  } catch (error) {
    if (room.isOpen) throw error;
    return { room, sent };
  }
  throw new Error(`${MOST} messages went through before the server was killed`);
}

async function seqsByText(person: E2eContext["ann"], id: number): Promise<Map<string, number[]>> {
  const seqs = new Map<string, number[]>();
  for (const { body, seq } of await person.history(id)) {
    const text = body.text ?? "";
    seqs.set(text, [...(seqs.get(text) ?? []), seq]);
  }
  return seqs;
}
