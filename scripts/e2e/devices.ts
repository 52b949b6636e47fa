import { assertSame } from "../support/assert-same.ts";
import { Device } from "../support/device.ts";
import type { Person } from "../support/person.ts";
import { type E2eContext, rangeFromOne, restartServer } from "./context.ts";

const MESSAGES = 500;
const KILL_AFTER = 250;

/**
 * Ann has three devices, Bob two. Each sends its share of 500 messages one after the other. Half-way the
 * server is killed: the devices reconnect, sync, and repeat what was not acknowledged. In the end all five
 * show the same messages, each once, in one order, and unread counts are right.
 */
export async function devices(context: E2eContext): Promise<string> {
  const { id } = await context.ann.openGroup("devices", [context.bob]);
  const owners = [context.ann, context.ann, context.ann, context.bob, context.bob];
  const all = owners.map((owner) => new Device(owner, id));
  const openAll = () => Promise.all(all.map((device) => device.open(context.server.origin)));
  await openAll();
  const texts = rangeFromOne(MESSAGES).map((n) => `message ${n}`);
  const remaining = texts.values();
  let stored = 0;
  let isKilled = false;
  const talk = async (device: Device) => {
    for (const text of remaining) {
      await device.say(text);
      stored++;
      if (stored >= KILL_AFTER && !isKilled) return;
    }
  };
  // Sends under way when the server dies are not acknowledged. The close ends the wait for them.
  const talking = Promise.allSettled(all.map(talk));
  await all[0]?.until("half of them", () => stored >= KILL_AFTER);
  await context.server.kill();
  await talking;
  isKilled = true;
  await restartServer(context);
  const again = all.reduce((sum, { unacked }) => sum + unacked.size, 0);
  await openAll();
  await Promise.all(all.map((device) => device.until("its acks", () => device.unacked.size === 0)));
  await Promise.all(all.map(talk));

  for (const device of all) {
    await device.until("everything", () => device.texts.size >= MESSAGES);
    const rising = [...new Set(device.order)].toSorted((a, b) => a - b);
    assertSame("the order in which a device got them", device.order, rising);
    assertSame(
      "what a device shows",
      [...device.texts.keys()].toSorted((a, b) => a - b),
      rangeFromOne(MESSAGES),
    );
    assertSame("the texts at a device", [...device.texts.values()].toSorted(), texts.toSorted());
  }
  const inOrder = ({ texts: displayed }: Device) => [...displayed].toSorted(([a], [b]) => a - b);
  const [first] = all.map(inOrder);
  for (const device of all) assertSame("what two devices show", inOrder(device), first);
  await unreadAsDefined(context.ann, id);
  await unreadAsDefined(context.bob, id);
  all[0]?.readAll();
  await until(async () => (await context.ann.conversation(id)).unread_count === 0);
  await Promise.all(all.map((device) => device.close()));
  return `${MESSAGES} messages from five devices of two people, the server killed half-way (${again} sent again): all five show all once, in one order`;
}

/** Without reads, the unread count is the number of others' messages after the user's own last one. */
async function unreadAsDefined(person: Person, id: number): Promise<void> {
  const history = await person.history(id);
  const last = history.findLast(({ sender, kind }) => sender.id === person.user.id && kind !== "tip");
  const unread = history.filter(({ seq, kind }) => seq > (last?.seq ?? 0) && kind !== "tip").length;
  assertSame(
    `what ${person.user.username} has not read`,
    (await person.conversation(id)).unread_count,
    unread,
  );
  const listed = (await person.conversations()).find((conversation) => conversation.id === id);
  assertSame(`the same in the list`, listed?.unread_count, unread);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}
