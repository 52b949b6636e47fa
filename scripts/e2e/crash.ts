import { assertSame } from "../support/assert-same.ts";
import { Person } from "../support/person.ts";
import { Room } from "../support/room.ts";
import { wsSocket } from "../support/wire.ts";
import { type E2eContext, rangeFromOne, restartServer } from "./context.ts";

const MOST = 2_000;
const KILL_AFTER = 1_000;
const WINDOW = 32;

/** In the direct conversation. */
export async function crash(context: E2eContext): Promise<string> {
  return killed(context, context.conversationId, [context.ann, context.bob]);
}

/** In a crowd of ten, of whose sockets relays hold five. */
export async function crashOfRelays(context: E2eContext): Promise<string> {
  const { origin } = context.server;
  const others = [context.bob];
  for (const n of rangeFromOne(8)) others.push(await Person.register(origin, `viewer.${n}`));
  const { id } = await context.ann.openGroup("A crowd", others);
  return `over relays: ${await killed(context, id, [context.ann, ...others])}`;
}

/**
 * The whole server is killed under load and started again. Acknowledged messages exist exactly once, at their
 * seqs. The others are sent again with the same client ids, and exist once too. Each client has all messages
 * once and in order.
 */
async function killed(context: E2eContext, id: number, people: readonly Person[]): Promise<string> {
  const open = (person: Person) => Room.open(person, id, { connect: wsSocket });
  const rooms = await Promise.all(people.map(open));
  const { seq: before } = rooms[0]?.shown ?? { seq: 0 };
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
  const clients: { room: Room; revived: Room; after: number }[] = [];
  for (const { room, sent } of broken) {
    const person = room.person.at(context.server.origin);
    const after = room.shown;
    const revived = await Room.open(person, id, { after, connect: wsSocket });
    clients.push({ room, revived, after: after.seq });
    for (const [clientMsgId, text] of sent) {
      if (room.acks.has(clientMsgId)) continue;
      revived.send(text, clientMsgId);
      again++;
      await revived.until("the ack of a repeated send", () => revived.acks.has(clientMsgId));
    }
  }
  const history = await context.bob.history(id);
  assertSame(
    "the history",
    history.map(({ seq }) => seq),
    rangeFromOne(history.length),
  );
  for (const { room, revived, after } of clients) {
    const { username } = room.person.user;
    await revived.until("all messages", () => revived.shown.seq === history.length);
    for (const { messages } of [room, revived])
      assertSame(
        `the order in which ${username} got them`,
        messages.map(seqOf),
        inOrder(messages.map(seqOf)),
      );
    // What has come before a gap comes again with the replay.
    const first = [...room.messages.map(seqOf), ...room.acks.values()].filter((seq) => seq <= after);
    const all = [...first, ...revived.messages.map(seqOf), ...revived.acks.values()];
    assertSame(`what ${username} has`, inOrder(all), rangeFromOne(history.length).slice(before));
    await revived.close();
  }
  const stored = await seqsByText(context.ann, id);
  for (const text of broken.flatMap(({ sent }) => [...sent.values()])) {
    assertSame(`how often "${text}" is there`, stored.get(text)?.length, 1);
  }
  return (
    `killed (SIGKILL) under load: ${certain} acknowledged, all there once; up again in ` +
    `${context.server.startMs} ms; ${again} without an ack sent again, all there once`
  );
}

const seqOf = ({ seq }: { seq: number }) => seq;
/** Each once: an own message may come in a replay, and be acknowledged when it is sent again. */
const inOrder = (seqs: readonly number[]) => [...new Set(seqs)].toSorted((a, b) => a - b);

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

async function seqsByText(person: Person, id: number): Promise<Map<string, number[]>> {
  const seqs = new Map<string, number[]>();
  for (const { body, seq } of await person.history(id)) {
    const text = body.text ?? "";
    seqs.set(text, [...(seqs.get(text) ?? []), seq]);
  }
  return seqs;
}
