import { assertSame } from "../support/assert-same.ts";
import { Room } from "../support/room.ts";
import { wsSocket } from "../support/wire.ts";
import { type E2eContext, rangeFromOne, talk } from "./context.ts";

const EACH = 1_000;
const WINDOW = 32;

/** Both users send 1,000 messages at the same time: each has all 2,000 once, in the same order. */
export async function exchange({ ann, bob, conversationId: id }: E2eContext): Promise<string> {
  const open = (person: typeof ann) => Room.open(person, id, { connect: wsSocket });
  const rooms = await Promise.all([open(ann), open(bob)]);
  const started = performance.now();
  await Promise.all(
    rooms.map(async (room) => {
      const { username } = room.person.user;
      await talk(
        room,
        rangeFromOne(EACH).map((n) => `${username} ${n}`),
        WINDOW,
      );
      await room.until("the other's messages", () => room.messages.length >= EACH);
    }),
  );
  const seconds = (performance.now() - started) / 1_000;

  for (const { person, messages, acks } of rooms) {
    const { username } = person.user;
    const theirs = messages.map(({ seq }) => seq);
    assertSame(
      `the order in which ${username} got them`,
      theirs,
      theirs.toSorted((a, b) => a - b),
    );
    const own = [...acks.values()];
    assertSame(
      `what ${username} has`,
      [...theirs, ...own].toSorted((a, b) => a - b),
      rangeFromOne(2 * EACH),
    );
    const other = username === "ann" ? "bob" : "ann";
    assertSame(
      `the texts at ${username}`,
      messages.map(({ body }) => body.text),
      rangeFromOne(EACH).map((n) => `${other} ${n}`),
    );
    const history = await person.history(id);
    assertSame(
      "the history",
      history.map(({ seq }) => seq),
      rangeFromOne(2 * EACH),
    );
  }
  await Promise.all(rooms.map((room) => room.close()));
  const rate = Math.round((2 * EACH) / seconds);
  return `${2 * EACH} messages, ${EACH} each way, all seen once by both in one order: ${seconds.toFixed(2)} s, ${rate} a second`;
}
