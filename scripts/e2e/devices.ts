import { Device } from "../support/device.ts";
import type { Person } from "../support/person.ts";
import { same } from "../support/same.ts";
import { revive, type Scene, upTo } from "./scene.ts";

const MESSAGES = 500;
const KILL_AFTER = 250;

/**
 * Ann has three devices, Bob two; 500 messages go out from all of them, one after the other on each. The server is
 * killed half-way: the devices come again, sync, and send again what was not acknowledged. In the end all five show
 * the same, each message once, in one order, and unread is what each has not read.
 */
export async function devices(scene: Scene): Promise<string> {
  const { id } = await scene.ann.openGroup("devices", [scene.bob]);
  const owners = [scene.ann, scene.ann, scene.ann, scene.bob, scene.bob];
  const all = owners.map((owner) => new Device(owner, id));
  const openAll = () => Promise.all(all.map((device) => device.open(scene.server.origin)));
  await openAll();
  const texts = upTo(MESSAGES).map((n) => `message ${n}`);
  const rest = texts.values();
  let stored = 0;
  let isKilled = false;
  const talk = async (device: Device) => {
    for (const text of rest) {
      await device.say(text);
      stored++;
      if (stored >= KILL_AFTER && !isKilled) return;
    }
  };
  // What is on its way when the server dies is not acknowledged; whoever waits for it hears of the close.
  const talking = Promise.allSettled(all.map(talk));
  await all[0]?.until("half of them", () => stored >= KILL_AFTER);
  await scene.server.kill();
  await talking;
  isKilled = true;
  await revive(scene);
  const again = all.reduce((sum, { unacked }) => sum + unacked.size, 0);
  await openAll();
  await Promise.all(all.map((device) => device.until("its acks", () => device.unacked.size === 0)));
  await Promise.all(all.map(talk));

  for (const device of all) {
    await device.until("everything", () => device.texts.size >= MESSAGES);
    const rising = [...new Set(device.order)].toSorted((a, b) => a - b);
    same("the order in which a device got them", device.order, rising);
    same(
      "what a device shows",
      [...device.texts.keys()].toSorted((a, b) => a - b),
      upTo(MESSAGES),
    );
    same("the texts at a device", [...device.texts.values()].toSorted(), texts.toSorted());
  }
  const inOrder = ({ texts: shown }: Device) => [...shown].toSorted(([a], [b]) => a - b);
  const [first] = all.map(inOrder);
  for (const device of all) same("what two devices show", inOrder(device), first);
  await unreadAsDefined(scene.ann, id);
  await unreadAsDefined(scene.bob, id);
  all[0]?.readAll();
  await until(async () => (await scene.ann.conversation(id)).unread_count === 0);
  await Promise.all(all.map((device) => device.close()));
  return `${MESSAGES} messages from five devices of two people, the server killed half-way (${again} sent again): all five show all once, in one order`;
}

/** Unread is what others have sent after one's own last message, as nothing was read. */
async function unreadAsDefined(person: Person, id: number): Promise<void> {
  const history = await person.history(id);
  const last = history.findLast(({ sender, kind }) => sender.id === person.user.id && kind !== "tip");
  const unread = history.filter(({ seq, kind }) => seq > (last?.seq ?? 0) && kind !== "tip").length;
  same(`what ${person.user.username} has not read`, (await person.conversation(id)).unread_count, unread);
  const listed = (await person.conversations()).find((conversation) => conversation.id === id);
  same(`the same in his list`, listed?.unread_count, unread);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}
