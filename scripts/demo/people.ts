import { assertSame } from "../support/assert-same.ts";
import { Person } from "../support/person.ts";
import { Room } from "../support/room.ts";
import { chapter, note } from "./print.ts";

/**
 * Three users chat; one of them loses the connection and reconnects.
 * @throws unless each user saw every message, once and in order
 */
export async function people(origin: string): Promise<void> {
  chapter(`A Parley on ${origin}`);
  const lin = await Person.register(origin, "小林");
  const maya = await Person.register(origin, "Maya");
  const jie = await Person.register(origin, "阿杰");
  for (const { user } of [lin, maya, jie]) note(`${user.username} registers and is user ${user.id}`);
  await directConversation(lin, maya);
  await reconnectInGroup(lin, maya, jie);
  note("\nEverybody saw every message once, in one order.");
}

/** A direct conversation: messages, unread counts, a read receipt. */
async function directConversation(lin: Person, maya: Person): Promise<void> {
  const { id } = await lin.openDirect(maya);
  // Until the first message an empty direct conversation is there for those alone who have opened it.
  await maya.openDirect(lin);
  chapter(`小林 and Maya open a direct conversation (${id})`);
  const [atLin, atMaya] = await Promise.all([Room.open(lin, id), Room.open(maya, id)]);

  await say(atLin, "你好，Maya！周末去爬山吗？", [atMaya]);
  const last = await say(atLin, "天气预报说是晴天 ☀️", [atMaya]);
  const before = await maya.conversation(id);
  assertSame("Maya's unread count", before.unread_count, 2);
  note(`Maya has ${before.unread_count} unread`);

  atMaya.read(last);
  await atLin.until("the read receipt", () => atLin.readBy.get(maya.user.id) === last);
  const after = await maya.conversation(id);
  assertSame("Maya's unread count after reading", after.unread_count, 0);
  note(`小林 sees that Maya has read up to #${last}, with ${after.unread_count} unread`);

  await say(atMaya, "Yes! Which trail? 香山还是百望山？", [atLin]);
  await say(atLin, "香山。I'll ask 阿杰 to come along.", [atMaya]);
  await Promise.all([atLin.close(), atMaya.close()]);
}

/** A group: one member's connection breaks, the others send and revoke, and the member resumes. */
async function reconnectInGroup(lin: Person, maya: Person, jie: Person): Promise<void> {
  const { id } = await lin.openGroup("周末爬山 Weekend hike", [maya, jie]);
  chapter(`小林 makes a group of three, “周末爬山 Weekend hike” (${id})`);
  const [atLin, atMaya, atJie] = await Promise.all([lin, maya, jie].map((person) => Room.open(person, id)));
  if (!atLin || !atMaya || !atJie) throw new Error("a socket is missing");

  await say(atLin, "大家好！周六八点，香山东门见。", [atMaya, atJie]);
  await say(atJie, "好的，我带水和水果 🍎", [atLin, atMaya]);
  const wrong = await say(atMaya, "See you at the WEST gate!", [atLin, atJie]);

  await atJie.close();
  note("… 阿杰 goes into a tunnel: the connection is lost");
  const missed = [
    await say(atLin, "Maya，是东门，不是西门 😄", [atMaya]),
    await say(atMaya, "Oops, thanks. East gate, eight o'clock.", [atLin]),
  ];
  await maya.revoke(id, wrong);
  await Promise.all(
    [atLin, atMaya].map((room) => room.until("the revoke", () => room.revoked.includes(wrong))),
  );
  note(`     Maya revokes #${wrong}`);
  missed.push(await say(atLin, "我们周六见！", [atMaya]));

  const back = await Room.open(jie, id, { after: atJie.shown });
  note(`… 阿杰 is back and resumes after #${atJie.shown.seq}`);
  assertSame(
    "what 阿杰 gets after the reconnect",
    back.messages.map(({ seq }) => seq),
    missed,
  );
  assertSame("the revokes that 阿杰 gets", back.revoked, [wrong]);
  for (const { seq, sender, body } of back.messages) note(`     #${seq} ${sender.username}: ${body.text}`);
  note(`     #${wrong} was revoked`);

  await say(back, "刚出隧道，都看到了。See you on Saturday!", [atLin, atMaya]);
  await say(atMaya, "Perfect 👍", [atLin, back]);
  await assertSameHistory(id, [[atLin], [atMaya], [atJie, back]]);
  await Promise.all([atLin, atMaya, back].map((room) => room.close()));
}

/** Sends, prints, and waits until each of the others has the message. */
async function say(from: Room, text: string, others: Room[]): Promise<number> {
  const seq = await from.say(text);
  const arrived = (room: Room) => room.messages.some((message) => message.seq === seq);
  await Promise.all(others.map((room) => room.until(`#${seq} "${text}"`, () => arrived(room))));
  note(`#${seq} ${from.person.user.username}: ${text}`);
  return seq;
}

/** Asserts that each user's sockets together received the whole history: every message once, in order. */
async function assertSameHistory(id: number, everybody: Room[][]): Promise<void> {
  for (const rooms of everybody) {
    const person = rooms[0]?.person;
    if (!person) continue;
    const whole = await person.history(id);
    const seqs = whole.map(({ seq }) => seq);
    assertSame(
      "the history",
      seqs,
      Array.from(seqs, (_, at) => at + 1),
    );
    for (const room of rooms) {
      const order = room.messages.map(({ seq }) => seq);
      assertSame(
        `the order at ${person.user.username}`,
        order,
        order.toSorted((a, b) => a - b),
      );
    }
    const displayed = rooms.flatMap((room) => [
      ...room.messages.map(({ seq }) => seq),
      ...room.acks.values(),
    ]);
    assertSame(
      `what ${person.user.username} saw`,
      displayed.toSorted((a, b) => a - b),
      seqs,
    );
    const deleted = whole.filter(({ revoked }) => revoked).map(({ body }) => body);
    assertSame("what is left of the revoked message", deleted, [{}]);
  }
}
