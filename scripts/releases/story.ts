/** What is in the state of a release: a story over calls of v1 that each one has, and what people see. */
import { z } from "zod";
import { Person } from "../support/person.ts";

const Sent = z.object({ seq: z.int() });
const Uploaded = z.object({ url: z.string() });

/** The file beside a kept state that says what everybody saw in it. */
export const SEEN = "seen.json";
const NAMES = ["ann", "ben", "cid"] as const;
/** A word that each conversation has, for searches. */
const WORD = "heron";

/** Three people write, in a group and to each other, by what a release could always do. */
export async function tell(origin: string): Promise<void> {
  const ann = await Person.register(origin, "ann");
  const ben = await Person.register(origin, "ben");
  const cid = await Person.register(origin, "cid");
  const group = await ann.openGroup("Birds", [ben, cid]);
  const direct = await ben.openDirect(ann);
  const left = await cid.openGroup("Left by Ben", [ben]);
  const at = (seq: number) => `/v1/conversations/${group.id}/messages/${seq}`;
  const post = async (who: Person, id: number, body: object): Promise<number> =>
    Sent.parse(await who.call("POST", `/v1/conversations/${id}/messages`, body)).seq;
  const text = (words: string) => ({ kind: "text", body: { text: words } });

  const first = await post(ann, group.id, text(`A ${WORD} at the pond`));
  await post(ben, group.id, { ...text("Where?"), quote_seq: first });
  await post(cid, group.id, { ...text("@ann look"), mentions: [ann.user.id] });
  const edited = await post(ben, group.id, text("It has flown of"));
  await ben.call("PATCH", at(edited), { base_version: 1, body: { text: "It has flown off" } });
  const revoked = await post(cid, group.id, text("Said too soon"));
  await cid.revoke(group.id, revoked);
  await post(ben, group.id, { ...text("Behind the reeds"), thread: { root: first } });
  await ben.call("PUT", `${at(first)}/reactions/${encodeURIComponent("👍")}`);
  await ann.call("PUT", `${at(first)}/pin`);
  await post(ann, group.id, {
    kind: "poll",
    body: {
      question: "Again tomorrow?",
      options: ["Yes", "No"],
      multiple: false,
      anonymous: false,
      ends_at: 0,
    },
  });
  const form = new FormData();
  form.append("file", new Blob(["grey, long legs"], { type: "text/plain" }), "notes.txt");
  const headers = { Authorization: `Bearer ${ann.token}` };
  const upload = await fetch(`${origin}/v1/files`, { method: "POST", headers, body: form });
  const { url } = Uploaded.parse(await upload.json());
  await post(ann, group.id, { kind: "file", body: { url, name: "notes.txt" } });

  for (const words of ["Hello Ann", `Did you see the ${WORD}?`, "Call me"])
    await post(ben, direct.id, text(words));
  await ann.read(direct.id, 1);
  await ann.call("PUT", `/v1/conversations/${direct.id}/draft`, { text: "not yet sent" });
  await ann.call("PUT", `${at(first)}/saved`, { note: "for the book" });

  await post(cid, left.id, text(`No ${WORD} here`));
  await ben.call("POST", `/v1/conversations/${left.id}/leave`);
  await post(cid, left.id, text("After Ben"));
}

/** Signs everybody in who is in the story. */
export async function signIn(origin: string): Promise<Person[]> {
  return await Promise.all(NAMES.map((username) => Person.signIn(origin, username)));
}

/** What everybody sees: their lists, each history, who is there, what they have saved, and a search. */
export async function look(origin: string, people: readonly Person[]): Promise<unknown> {
  const seen: Record<string, unknown> = {};
  for (const person of people) {
    const list = await person.conversations();
    const conversations = await Promise.all(
      list.map(async ({ id }) => ({
        shown: await person.call("GET", `/v1/conversations/${id}`),
        messages: await person.call("GET", `/v1/conversations/${id}/messages?after=0&threads=all`),
        members: await person.call("GET", `/v1/conversations/${id}/members`),
        pins: await person.call("GET", `/v1/conversations/${id}/pins`),
      })),
    );
    seen[person.user.username] = {
      list: await person.call("GET", "/v1/conversations"),
      conversations,
      saved: await person.call("GET", "/v1/saved"),
      found: await person.call("GET", `/v1/messages/search?q=${WORD}`),
    };
  }
  // Each server has a port of its own.
  return JSON.parse(JSON.stringify(seen).replaceAll(origin, ""));
}
