import { assertSame } from "../support/assert-same.ts";
import { Device } from "../support/device.ts";
import type { DisplayedMessage } from "../support/displayed.ts";
import { Person } from "../support/person.ts";
import { type E2eContext, rangeFromOne, restartServer } from "./context.ts";
import { type Group, type Histories, histories, type Read, untilAllListed } from "./lists.ts";

const MOST = 2_000;
const SLEEP_AFTER = 200;
const KILL_AFTER = 800;
const WINDOW = 4;
const READ_UP_TO = 10;
const SENDS_AFTERWARDS = 25;

interface Crowd {
  /** the first one has all five people */
  groups: Group[];
  /** the id of the first one */
  large: number;
  senders: Device[];
  /** a device that goes to sleep during the load */
  sleeper: Device;
  /** a device whose user sends nothing */
  listener: Device;
  /** a user without a device, who reads over HTTP */
  reader: Person;
}

/**
 * Six devices of three people send in three groups at once. A fourth person has a device and sends nothing, a
 * fifth has none and reads over HTTP. In the middle of that the server is killed. Afterwards every
 * acknowledged message is there once, and lists are right before anybody sends again. All devices resume,
 * each at its own position, repeat what was not acknowledged, and send more. In the end every device shows
 * what HTTP shows, each message once and in that order, and unread counts are right.
 */
export async function devices(context: E2eContext): Promise<string> {
  const { groups, large, senders, sleeper, listener, reader } = await gather(context);
  const all = [...senders, sleeper, listener];
  const openAll = () => Promise.all(all.map((device) => device.open(context.server.origin)));
  const acks = () => senders.reduce((sum, device) => sum + device.acks, 0);
  await openAll();
  const load = senders.map((device, nth) => untilItBreaks(device, `device ${nth}`));
  const [first] = senders;
  await first?.until("load", () => acks() >= SLEEP_AFTER);
  await sleeper.close();
  await reader.read(large, READ_UP_TO);
  const reads: Read[] = [{ userId: reader.user.id, conversationId: large, seq: READ_UP_TO }];
  await first?.until("more load", () => acks() >= KILL_AFTER);
  await context.server.kill();
  const sent = (await Promise.all(load)).flat();
  const certain = acks();
  const positions = new Set(all.map(({ displayed }) => displayed.get(large)?.seq)).size;

  await restartServer(context);
  const { origin } = context.server;
  const survived = await histories(origin, groups);
  for (const device of all) assertSurvived(device, survived);
  const again = all.flatMap(({ unacked }) => [...unacked.values()].map(({ text }) => text));
  const storedBefore = new Set(textsOf(survived));
  const repeats = again.filter((text) => storedBefore.has(text)).length;
  await untilAllListed(origin, groups, survived, reads);

  await openAll();
  const untilAcked = (device: Device) => device.until("its acks", () => device.unacked.size === 0);
  await Promise.all(all.map(untilAcked));
  const more = senders.map((device, nth) => sendMore(device, `device ${nth}`));
  await Promise.all(senders.map(untilAcked));

  const final = await histories(origin, groups);
  const stored = textsOf(final);
  assertSame("the texts that are there", stored.toSorted(), [...sent, ...more.flat()].toSorted());
  for (const device of all) await untilShown(device, final);
  await untilAllListed(origin, groups, final, reads);
  const seq = final.get(large)?.length ?? 0;
  sleeper.read(large, seq);
  reads.push({ userId: sleeper.person.user.id, conversationId: large, seq });
  await untilAllListed(origin, groups, final, reads);
  await Promise.all(all.map((device) => device.close()));
  return (
    `killed (SIGKILL) while six devices of three people sent in three groups: ${certain} acknowledged, all ` +
    `there once, all lists right; eight devices resumed at ${positions} positions; ${again.length} without ` +
    `an ack sent again, ${repeats} of them stored before; ${stored.length} messages, each once and in one order on every device and over HTTP`
  );
}

async function gather({ ann, bob, server: { origin } }: E2eContext): Promise<Crowd> {
  const cem = await Person.register(origin, "cem");
  const finn = await Person.register(origin, "finn");
  const eve = await Person.register(origin, "eve");
  const open = async (name: string, members: Person[]): Promise<Group> => {
    const [owner, ...others] = members;
    if (!owner) throw new Error("a group has an owner");
    return { id: (await owner.openGroup(name, others)).id, members };
  };
  const groups = [
    await open("devices of all", [ann, bob, cem, finn, eve]),
    await open("devices of senders", [ann, bob, cem, eve]),
    await open("devices of some", [bob, cem, finn, eve]),
  ];
  const device = (person: Person) => {
    const own = groups.filter(({ members }) => members.includes(person));
    return new Device(
      person,
      own.map(({ id }) => id),
    );
  };
  return {
    groups,
    large: groups[0]?.id ?? 0,
    senders: [ann, ann, bob, bob, cem, cem].map(device),
    sleeper: device(ann),
    listener: device(finn),
    reader: eve,
  };
}

/** Sends to the groups of a device in turn until its socket closes. @returns the texts */
async function untilItBreaks(device: Device, name: string): Promise<string[]> {
  const groups = [...device.displayed.keys()];
  const sent: string[] = [];
  try {
    for (const n of rangeFromOne(MOST)) {
      await device.until("room for one more", () => device.unacked.size < WINDOW);
      const text = `${name}, before the crash, ${n}`;
      sent.push(text);
      device.send(groups[n % groups.length] ?? 0, text);
    }
  } catch (error) {
    if (device.isOpen) throw error;
    return sent;
  }
  throw new Error(`${MOST} messages went through before the server was killed`);
}

/** Sends some texts to each group of a device without waiting. @returns the texts */
function sendMore(device: Device, name: string): string[] {
  const groups = [...device.displayed.keys()];
  return rangeFromOne(SENDS_AFTERWARDS).flatMap((n) =>
    groups.map((id) => {
      const text = `${name}, after the crash, ${n} in ${id}`;
      device.send(id, text);
      return text;
    }),
  );
}

/** Asserts that whatever a device has shown, by an ack or as a message, is still there at its seq. */
function assertSurvived(device: Device, survived: Histories): void {
  for (const [id, { messages }] of device.displayed) {
    const history = inHistory(survived, id);
    for (const [seq, message] of messages)
      assertSame(`message ${seq} of ${id} after the crash`, history.get(seq), message);
  }
}

/** Waits until a device has everything. Asserts that it shows what HTTP shows. */
async function untilShown(device: Device, final: Histories): Promise<void> {
  for (const [id, displayed] of device.displayed) {
    const history = inHistory(final, id);
    await device.until("everything", () => displayed.complete >= history.size);
    const shown = new Map([...displayed.messages].toSorted(([one], [other]) => one - other));
    assertSame(`what a device of ${device.person.user.username} shows of ${id}`, [...shown], [...history]);
  }
}

function textsOf(all: Histories): string[] {
  return [...all.values()].flat().map(({ body }) => body.text ?? "");
}

/** The messages of a conversation over HTTP, by seq, as a device shows them. */
function inHistory(all: Histories, id: number): Map<number, DisplayedMessage> {
  const messages = all.get(id) ?? [];
  return new Map(
    messages.map(({ seq, sender, body }) => [seq, { senderId: sender.id, text: body.text ?? "" }]),
  );
}
