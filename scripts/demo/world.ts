import { z } from "zod";
import { Person } from "../support/person.ts";
import { Message } from "../support/shapes.ts";
import { picture } from "./world/picture.ts";
import { type Line, type Name, PEOPLE, TALKS } from "./world/talks.ts";

/** What an upload answers. */
const Uploaded = z.object({ url: z.string(), name: z.string(), size: z.int(), content_type: z.string() });

/**
 * Fills a server with people who talk, over its own API. All is said now: no user of the API chooses the
 * time of a message.
 * @throws an Error if the server has users of these names
 */
export async function fill(origin: string): Promise<Record<Name, Person>> {
  const people = await register(origin);
  for (const { group, people: names, lines } of TALKS) {
    const [first, ...others] = names.map((name) => people[name]);
    const [other] = others;
    if (!first || !other) throw new Error("a talk needs two people");
    const { id } = group ? await first.openGroup(group.name, others) : await first.openDirect(other);
    if (group?.announcement)
      await first.call("PATCH", `/v1/conversations/${id}`, { announcement: group.announcement });
    let read = 0;
    for (const [i, line] of lines.entries()) {
      const seq = await say(origin, people, id, line);
      if (i < lines.length - 1) read = seq;
    }
    await Promise.all([first, ...others].map((person) => person.read(id, read)));
  }
  return people;
}

async function register(origin: string): Promise<Record<Name, Person>> {
  const one = async (name: Name): Promise<Person> => {
    const person = await Person.register(origin, name);
    await person.call("PATCH", "/v1/me", PEOPLE[name]);
    return person;
  };
  return {
    ann: await one("ann"),
    lin: await one("lin"),
    ben: await one("ben"),
    zhou: await one("zhou"),
    sara: await one("sara"),
  };
}

/** Says a line, and what others make of it. @returns its `seq` */
async function say(origin: string, people: Record<Name, Person>, id: number, line: Line): Promise<number> {
  const path = `/v1/conversations/${id}/messages`;
  const post = async (from: Name, message: object) =>
    Message.parse(await people[from].call("POST", path, { client_msg_id: crypto.randomUUID(), ...message }))
      .seq;
  const seq = await post(line.from, await content(origin, people[line.from], line));
  for (const { from, text } of line.answers ?? [])
    await post(from, { kind: "text", body: { text }, thread: { root: seq, also_in_main: false } });
  for (const [name, key] of entries(line.reactions))
    await people[name].call("PUT", `${path}/${seq}/reactions/${encodeURIComponent(key)}`);
  for (const [name, option] of entries(line.poll?.votes))
    await people[name].call("PUT", `${path}/${seq}/votes`, { options: [option] });
  if (line.isPinned) await people[line.from].call("PUT", `${path}/${seq}/pin`);
  return seq;
}

async function content(
  origin: string,
  from: Person,
  { text = "", picture: hue, poll }: Line,
): Promise<object> {
  if (poll) {
    const { question, options } = poll;
    return { kind: "poll", body: { question, options, multiple: false, anonymous: false, ends_at: 0 } };
  }
  if (hue === undefined) return { kind: "text", body: { text } };
  const answer = await fetch(`${origin}/v1/files?name=picture.png`, {
    method: "POST",
    headers: { Authorization: `Bearer ${from.token}`, "Content-Type": "image/png" },
    body: picture(hue),
  });
  if (!answer.ok) throw new Error(`a picture is refused: ${answer.status} ${await answer.text()}`);
  const { url, name, size, content_type } = Uploaded.parse(await answer.json());
  return { kind: "image", body: { url, name, size, content_type, width: 480, height: 320, caption: text } };
}

function entries<T>(record: Partial<Record<Name, T>> = {}): [Name, T][] {
  const names = Object.keys(PEOPLE).filter((name): name is Name => name in PEOPLE);
  return names.flatMap((name) => {
    const value = record[name];
    return value === undefined ? [] : [[name, value] satisfies [Name, T]];
  });
}
