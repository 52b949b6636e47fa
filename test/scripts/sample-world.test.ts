import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { PastServer } from "../../scripts/demo/past/server.ts";
import { type Line, PEOPLE, type Talk } from "../../scripts/demo/world/talk.ts";
import { TALKS } from "../../scripts/demo/world/talks.ts";
import { momentOf } from "../../scripts/demo/world/when.ts";
import { fill } from "../../scripts/demo/world.ts";
import { Person } from "../../scripts/support/person.ts";
import { Server, TemporaryFolder } from "../../scripts/support/server.ts";
import { Message } from "../../scripts/support/shapes.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How late, in ms, something may happen: a busy machine takes its time for what came before. */
const LATE = 10 * MINUTE;

const Image = z.object({ body: z.object({ url: z.string() }) });
const Found = z.object({ items: z.array(Message) });

test("the lines of each talk follow each other, on each day of a week and at each hour", () => {
  for (let hour = 0; hour < 7 * 24; hour++) {
    const now = new Date(2026, 10, 16, hour, 3).getTime();
    for (const { lines } of TALKS) {
      const moments = lines.map(({ at }) => momentOf(at, now));
      expect([...moments, now]).toEqual([...moments, now].toSorted((a, b) => a - b));
      // The pictures of an album are sent at once.
      const isApart = ({ at, picture }: Line, i: number) => !picture || lines[i - 1]?.at !== at;
      expect(new Set(moments).size).toBe(lines.filter(isApart).length);
    }
  }
});

test("colleagues talk from Monday to Friday, and the others walk on the last Saturday", () => {
  const weekday = (time: number) => new Date(time).getDay();
  for (let day = 0; day < 7; day++) {
    const now = new Date(2026, 10, 16 + day, 12).getTime();
    for (const count of [1, 2, 3, 4, 5, 6] as const)
      expect([1, 2, 3, 4, 5]).toContain(weekday(momentOf(`${count}wd 9:30`, now)));
    expect(weekday(momentOf("sat 9:30", now))).toBe(6);
    expect(now - momentOf("sat 9:30", now)).toBeLessThan(8 * DAY);
  }
});

test("the sample world has a history of days in the server that has begun just now", async () => {
  const folder = new TemporaryFolder();
  onTestFinished(() => folder.remove());
  const now = Date.now();
  const past = await PastServer.start(folder);
  onTestFinished(() => past[Symbol.asyncDispose]());
  await expect(past.setClock(now + DAY)).rejects.toThrow("the clock is not set");

  // Things that end: a mute that is over today, a message for a time in the past, and one for a time to come.
  const begin = now - 20 * DAY;
  await past.setClock(begin);
  const owner = await Person.register(past.origin, "owner");
  const guest = await Person.register(past.origin, "guest");
  const { id } = await owner.openGroup("Things that end", [guest]);
  await owner.call("PATCH", `/v1/conversations/${id}/members/${guest.user.id}`, { muted_for_s: 86_400 });
  expect(await guest.refused("POST", `/v1/conversations/${id}/messages`, text("too early"))).toMatchObject({
    problem: { code: "muted" },
  });
  const schedule = (words: string, send_at: number) =>
    owner.call("POST", `/v1/conversations/${id}/messages`, { ...text(words), send_at });
  await schedule("then", begin + HOUR);
  await past.setClock(begin + HOUR);
  const texts = async (person: Person) => (await person.history(id)).flatMap(({ body }) => body.text ?? []);
  await expect.poll(() => texts(guest)).toEqual(["then"]);

  const people = await fill(past.origin, (at) => past.setClock(at), now);
  await schedule("today", Date.now() + 5_000);
  await past[Symbol.asyncDispose]();
  const server = await Server.start(folder);
  onTestFinished(() => server.stop());

  const clock = await fetch(`${server.origin}/clock-of-the-past`, { method: "POST", body: String(begin) });
  expect(clock.status).toBe(404);
  const [sent] = (await owner.at(server.origin).history(id)).filter(({ body }) => body.text === "then");
  expectMoment(sent?.created_at, begin + HOUR);
  await expect.poll(() => texts(guest.at(server.origin))).toEqual(["then", "today"]);
  await guest.at(server.origin).send(id, "not muted any more");

  const end = ({ lines }: Talk) => momentOf(lines.at(-1)?.at ?? "0min", now);
  for (const name of NAMES) {
    const person = people[name].at(server.origin);
    const list = await person.conversations();
    const talks = TALKS.filter((talk) => talk.people.includes(name)).toSorted((a, b) => end(b) - end(a));
    expect(list.map((one) => one.name)).toEqual(talks.map((talk) => nameOf(talk, name)));
    expect(list.map((one) => one.unread_count)).toEqual(talks.map(({ unread }) => unread?.[name] ?? 0));
    for (const [i, talk] of talks.entries()) {
      expectMoment(list[i]?.last_message?.created_at, end(talk));
      const history = await person.history(list[i]?.id ?? 0);
      const said = history.filter(({ kind, thread }) => kind !== "tip" && !thread);
      expect(said).toHaveLength(talk.lines.length);
      for (const [k, { at }] of talk.lines.entries()) expectMoment(said[k]?.created_at, momentOf(at, now));
      expect(new Set(said.map(({ created_at }) => new Date(created_at).toDateString())).size).toBeGreaterThan(
        1,
      );
    }
  }

  const [ann, lin] = [people.ann.at(server.origin), people.lin.at(server.origin)];
  const find = async (words: string) => {
    const query = `/v1/messages/search?q=${encodeURIComponent(words)}`;
    return Found.parse(await ann.call("GET", query)).items.map(({ created_at }) => created_at);
  };
  for (const words of ["需要带什么", "spare rain jacket", "早餐"]) {
    const [found, ...others] = await find(words);
    expect(others).toEqual([]);
    expectMoment(found, momentOf(lineWith(words).at, now));
  }
  const [hike] = await ann.conversations();
  const messages = `/v1/conversations/${hike?.id}/messages`;
  const page = z.object({ items: z.array(z.unknown()) }).parse(await ann.call("GET", messages));
  const [picture] = page.items.flatMap((item) => Image.safeParse(item).data ?? []);
  expect((await fetch(picture?.body.url ?? "")).status).toBe(200);

  const next = await lin.send(hike?.id ?? 0, "And now?");
  expect(next.created_at).toBeGreaterThan(now);
  expect(next.seq).toBe((hike?.last_seq ?? 0) + 1);
  await expect.poll(async () => (await ann.conversation(hike?.id ?? 0)).unread_count).toBe(3);
});

const NAMES = ["ann", "lin", "ben", "zhou", "sara"] as const;

function text(words: string): object {
  return { client_msg_id: crypto.randomUUID(), kind: "text", body: { text: words } };
}

function expectMoment(time: number | undefined, moment: number): void {
  expect(time).toBeGreaterThanOrEqual(moment);
  expect(time).toBeLessThan(moment + LATE);
}

function lineWith(words: string): Line {
  const line = TALKS.flatMap(({ lines }) => lines).find((one) => one.text?.includes(words));
  if (!line) throw new Error(`nobody says ${words}`);
  return line;
}

/** What a talk is called in the list of one of its people. */
function nameOf({ group, people }: Talk, name: (typeof NAMES)[number]): string {
  const other = people.find((one) => one !== name) ?? name;
  return group?.name ?? PEOPLE[other].nickname;
}
