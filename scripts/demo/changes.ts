import { assertSame } from "../support/assert-same.ts";
import { Device } from "../support/device.ts";
import { Person } from "../support/person.ts";
import { Room, type Shown } from "../support/room.ts";
import type { Message } from "../support/shapes.ts";
import { Author } from "./changes/calls.ts";
import { chapter, note } from "./print.ts";

const OLD = "Dinner on Friday at the Lotus?";
const NEW = "Dinner on Friday at the Bamboo?";
const NEWEST = "Dinner on Friday at the Bamboo, at seven";
const SCHEDULE_AHEAD_MS = 1_500;

/** A group of three: each has a room socket, Maya one with threads, 阿杰 a device besides. */
interface Stage {
  origin: string;
  id: number;
  lin: Author;
  maya: Author;
  jie: Author;
  atLin: Room;
  atMaya: Room;
  atJie: Room;
  device: Device;
}

/**
 * Messages change after they were sent, while one user is away.
 * @throws unless each user is told what each message has become, and nothing counts as unread for a change
 */
export async function changes(origin: string): Promise<void> {
  chapter(`A Parley on ${origin}`);
  const stage = await enter(origin);
  const dinner = await editsAndReactions(stage);
  await pin(stage, dinner);
  const cards = await stage.atMaya.say("I'll bring cards.");
  const away = await leave(stage, cards);
  await thread(stage, dinner);
  const poll = await askAndVote(stage);
  await stage.lin.edit(dinner, NEWEST, 2);
  await stage.maya.edit(cards, "I'll bring cards and 桌游.", 1);
  note("… and both texts change again");
  await comeBack(stage, away, { dinner, cards, poll });
  await otherApi(stage);
  await scheduledAndMentioned(stage);
  await search(stage, dinner);
  await Promise.all([stage.atLin, stage.atMaya, stage.atJie, stage.device].map((socket) => socket.close()));
  note(
    "\nEdits, reactions, a pin, a thread, a poll, a scheduled message, a mention and the search: everybody saw " +
      "each message as it is now, and no change was unread.",
  );
}

async function enter(origin: string): Promise<Stage> {
  const people = await Promise.all(["小林", "Maya", "阿杰"].map((name) => Person.register(origin, name)));
  const [lin, maya, jie] = people;
  if (!lin || !maya || !jie) throw new Error("a user is missing");
  const { id } = await lin.openGroup("Friday 周五", [maya, jie]);
  note(`小林, Maya and 阿杰 are in a group (${id})`);
  const device = new Device(jie, [id]);
  const [atLin, atMaya, atJie] = await Promise.all([
    Room.open(lin, id),
    Room.open(maya, id, { threads: "all" }),
    Room.open(jie, id),
    device.open(origin),
  ]);
  const of = (person: Person) => new Author(person, id);
  return { origin, id, lin: of(lin), maya: of(maya), jie: of(jie), atLin, atMaya, atJie, device };
}

/** One message is edited, then two users react to it. @returns its seq */
async function editsAndReactions({ lin, maya, jie, atLin, atMaya, atJie, device }: Stage): Promise<number> {
  chapter("A message is edited, and two react to it");
  const seq = await atLin.say(OLD);
  await atJie.until("the message", () => atJie.messages.some((message) => message.seq === seq));
  note(`#${seq} 小林: ${OLD}`);

  assertSame("the version after an edit", (await lin.edit(seq, NEW, 1)).version, 2);
  const sockets = [atLin, atMaya, atJie, device];
  await Promise.all(
    sockets.map((socket) => socket.until("the edit", () => last(socket, seq)?.version === 2)),
  );
  assertSame(
    "the text on each socket",
    sockets.map((socket) => last(socket, seq)?.body.text),
    sockets.map(() => NEW),
  );
  note(`     小林 edits it on the phone: ${NEW}`);

  const present = await lin.editStale(seq, "Dinner at home?", 1);
  assertSame("the message in the 409", [present?.version, present?.body.text], [2, NEW]);
  note("     小林's tablet edits the first version: 409 with the message as it is");

  assertSame("the reactions of Maya", await maya.react(seq, "👍"), ["👍"]);
  assertSame("the reactions of 阿杰", await jie.react(seq, "❤️"), ["❤"]);
  const isTold = (socket: Room | Device) => last(socket, seq)?.reactions?.length === 2;
  await Promise.all(sockets.map((socket) => socket.until("two reactions", () => isTold(socket))));
  assertSame("the reactions at 小林", last(atLin, seq)?.reactions, [
    { key: "👍", count: 1, user_ids: [maya.person.user.id] },
    { key: "❤", count: 1, user_ids: [jie.person.user.id] },
  ]);
  note("     Maya reacts with 👍, 阿杰 with ❤️");
  return seq;
}

/** The owner pins a message; a system message says so. */
async function pin({ lin, atMaya, atLin, maya }: Stage, seq: number): Promise<void> {
  await lin.pin(seq);
  await atMaya.until("the tip", () => atMaya.messages.some(({ kind }) => kind === "tip"));
  await atLin.until("the pinned message", () => (last(atLin, seq)?.pinned_at ?? 0) > 0);
  assertSame(
    "the pins",
    (await maya.pins()).map((pinned) => pinned.seq),
    [seq],
  );
  note(`     小林 pins #${seq}, and a tip says so`);
}

/** 阿杰 reads everything, and closes every socket. @returns the position */
async function leave({ id, jie, atJie, device }: Stage, seq: number): Promise<Shown> {
  const has = (messages: Iterable<number>) => [...messages].includes(seq);
  await atJie.until(`#${seq}`, () => has(atJie.messages.map((message) => message.seq)));
  await device.until(`#${seq}`, () => has(device.displayed.get(id)?.messages.keys() ?? []));
  await jie.person.read(id, seq);
  const { shown } = atJie;
  await Promise.all([atJie.close(), device.close()]);
  chapter(`阿杰 goes away, having seen everything up to #${shown.seq} and change ${shown.rev}`);
  return shown;
}

/** An answer that is in the thread alone. */
async function thread({ id, lin, maya, atLin, atMaya }: Stage, root: number): Promise<void> {
  const before = await lin.person.conversation(id);
  const draft = { kind: "text", body: { text: "Is it vegetarian?" }, thread: { root, also_in_main: false } };
  const reply = await maya.send({ client_msg_id: crypto.randomUUID(), ...draft });
  await atMaya.until("the reply", () => atMaya.messages.some(({ seq }) => seq === reply.seq));
  await atLin.until("the summary", () => last(atLin, root)?.thread_summary?.count === 1);
  const seqs = (messages: Message[]) => messages.map(({ seq }) => seq);
  assertSame("the thread", seqs(await lin.replies(root)), [reply.seq]);
  assertSame(
    "whether the main stream has the reply",
    seqs(await lin.mainStream()).includes(reply.seq),
    false,
  );
  assertSame("whether a main socket has it", seqs(atLin.messages).includes(reply.seq), false);
  const after = await lin.person.conversation(id);
  assertSame("unread in the main stream", after.unread_count, before.unread_count);
  assertSame("unread in threads", after.threads_unread, 1);
  const followed = (await lin.threads()).map((entry) => [entry.root.seq, entry.unread_count]);
  assertSame("the threads of 小林", followed, [[root, 1]]);
  note(`#${reply.seq} Maya answers in the thread of #${root}: unread there, not in the main stream`);
}

/** A poll is sent, voted on and closed. @returns its seq */
async function askAndVote({ lin, maya, atLin }: Stage): Promise<number> {
  const question = { question: "What time?", options: ["Six", "Seven"], multiple: false };
  const body = { ...question, anonymous: false, ends_at: 0 };
  const { seq } = await maya.send({ client_msg_id: crypto.randomUUID(), kind: "poll", body });
  await lin.vote(seq, [0]);
  await maya.vote(seq, [1]);
  const voted = await lin.vote(seq, [1]);
  assertSame("the votes", [voted.poll?.counts, voted.poll?.voters, voted.votes], [[0, 2], 2, [1]]);
  assertSame("whether the poll is closed", ((await maya.closePoll(seq)).poll?.closed_at ?? 0) > 0, true);
  assertSame("a vote after the end", await lin.voteTooLate(seq, [0]), "conflict");
  await atLin.until("the end of the poll", () => (last(atLin, seq)?.poll?.closed_at ?? 0) > 0);
  note(`#${seq} Maya asks “What time?”: 0 for six, 2 for seven. It is closed, and a later vote is a 409`);
  return seq;
}

/** 阿杰 resumes on a room socket and on the device. */
async function comeBack(stage: Stage, away: Shown, seqs: { dinner: number; cards: number; poll: number }) {
  const { origin, id, jie, device } = stage;
  const { unread_count, read_seq } = await jie.person.conversation(id);
  assertSame("unread for 阿杰: the poll alone", [unread_count, read_seq], [1, seqs.cards]);
  device.changed.length = 0;
  const [back] = await Promise.all([Room.open(jie.person, id, { after: away }), device.open(origin)]);
  stage.atJie = back;
  const order = [seqs.dinner, seqs.cards];
  const told = { room: back.changed, device: device.changed, HTTP: await jie.changes(away.rev) };
  for (const [where, all] of Object.entries(told)) {
    const known = all.filter(({ seq }) => seq <= away.seq);
    assertSame(
      `the changed messages (${where})`,
      known.map(({ seq }) => seq),
      order,
    );
    const [dinner, cards] = known;
    assertSame(`the edit (${where})`, [dinner?.version, dinner?.body.text], [3, NEWEST]);
    assertSame(
      `the other edit (${where})`,
      [cards?.version, cards?.body.text],
      [2, "I'll bring cards and 桌游."],
    );
    assertSame(`the thread (${where})`, dinner?.thread_summary?.count, 1);
    assertSame(`阿杰's reaction (${where})`, dinner?.mine, ["❤"]);
  }
  assertSame(
    "the new messages",
    back.messages.map(({ seq, poll }) => [seq, poll?.counts]),
    [[seqs.poll, [0, 2]]],
  );
  chapter(`阿杰 is back, and resumes after #${away.seq} and change ${away.rev}`);
  for (const { seq, body, version } of back.changed)
    note(`     #${seq} is now version ${version}: ${body.text}`);
  note(`#${seqs.poll} is new, with its votes. It alone is unread; the changes are not`);
}

/** Another API shows the texts as they are now. */
async function otherApi({ origin, id, maya }: Stage): Promise<void> {
  const body = new URLSearchParams({ token: maya.person.token, conversation: String(id) });
  const response = await fetch(`${origin}/user/query_all_records/`, { method: "POST", body });
  const text = await response.text();
  const shows = [NEWEST, OLD, NEW].map((part) => text.includes(`"${part}"`));
  assertSame("the texts that formpost shows: the newest alone", shows, [true, false, false]);
  note("     formpost shows the edited text, and no older one");
}

/** A message that the server sends later; a message that mentions a user. */
async function scheduledAndMentioned({ lin, jie, atMaya, device }: Stage): Promise<void> {
  chapter("A message comes later, another one mentions 阿杰, and both texts of the edits are searched for");
  const later = "Table for three is booked.";
  await jie.schedule(later, Date.now() + SCHEDULE_AHEAD_MS);
  await atMaya.until("the scheduled message", () => atMaya.messages.some(({ body }) => body.text === later));
  await device.until("the notice of its send", () => device.scheduled.length === 1);
  note(`#${device.scheduled[0]} 阿杰's scheduled message comes at its time: ${later}`);

  const named = { kind: "text", body: { text: "@阿杰 thanks!" }, mentions: [jie.person.user.id] };
  const { seq } = await lin.send({ client_msg_id: crypto.randomUUID(), ...named });
  assertSame("the unread mentions of 阿杰", await jie.unreadMentions(), [seq]);
  note(`#${seq} 小林 mentions 阿杰, who finds it among the mentions`);
}

/** The search over all conversations finds what messages say now. */
async function search({ jie }: Stage, seq: number): Promise<void> {
  assertSame("what is found of the new text", await jie.search("Bamboo, at seven"), [seq]);
  assertSame("what is found of the old text", await jie.search("Lotus"), []);
  note("     The search over all conversations finds the new text, and not the old");
}

/** A message as a socket was last told that it has changed. */
function last({ changed }: Room | Device, seq: number): Message | undefined {
  return changed.findLast((message) => message.seq === seq);
}
