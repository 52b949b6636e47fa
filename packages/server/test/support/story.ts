import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { Person } from "../../../../scripts/support/person.ts";
import type { TestServer } from "../../../client/test/support/server.ts";

const Sent = z.looseObject({ seq: z.int() });
const Made = z.looseObject({ id: z.int() });
const Uploaded = z.looseObject({ url: z.string() });

/** What one person has written wherever a text may stand; each place has a word of its own. */
export interface Story {
  /** the words of messages, which a revoke of each takes, too */
  said: Record<string, string>;
  /** what else of the person goes with the account */
  own: Record<string, string>;
  /** what others have made of it, which is theirs */
  copies: Record<string, string>;
  /** the messages, in their conversations */
  messages: { id: number; seq: number }[];
  /** the group in which most of it was said */
  group: number;
}

/** A word that occurs nowhere else. */
function newWord(): string {
  return `quagga${randomBytes(6).toString("hex")}`;
}

/** Has Ann write distinct words by every kind and in every place, of which Ben and Cid see most. */
export async function tell(server: TestServer, ann: Person, ben: Person, cid: Person): Promise<Story> {
  const words = {
    said: new Map<string, string>(),
    own: new Map<string, string>(),
    copies: new Map<string, string>(),
  };
  const messages: Story["messages"] = [];
  const put = (kind: keyof typeof words, place: string) => {
    const word = newWord();
    words[kind].set(place, word);
    return word;
  };
  const say = (place: string) => put("said", place);
  const own = (place: string) => put("own", place);
  const { id: group } = await ben.openGroup("A group", [ann, cid]);
  const { id: direct } = await ann.openDirect(ben);
  const post = async (id: number, body: object): Promise<number> => {
    const { seq } = Sent.parse(await ann.call("POST", `/v1/conversations/${id}/messages`, body));
    messages.push({ id, seq });
    return seq;
  };
  const text = (word: string) => ({ kind: "text", body: { text: `some ${word} words` } });
  const message = (id: number, seq: number) => `/v1/conversations/${id}/messages/${seq}`;

  const first = await post(group, text(say("text")));
  await post(group, {
    kind: "custom",
    body: {
      data: say("custom.data"),
      description: say("custom.description"),
      extension: say("custom.extension"),
    },
  });
  await post(group, { kind: "location", body: { latitude: 1, longitude: 2, address: say("address") } });
  await post(group, { kind: "face", body: { index: "1", data: say("face") } });
  await post(group, {
    kind: "poll",
    body: {
      question: say("poll.question"),
      options: [say("poll.option"), "other"],
      multiple: false,
      anonymous: false,
      ends_at: 0,
    },
  });
  await post(group, { ...text(say("with metadata")), metadata: { note: say("metadata") } });
  const form = new FormData();
  form.append("file", new Blob(["bytes of a file"], { type: "text/plain" }), "file.txt");
  const upload = await fetch(`${server.origin}/v1/files`, {
    method: "POST",
    headers: { Authorization: `Bearer ${ann.token}` },
    body: form,
  });
  const { url } = Uploaded.parse(await upload.json());
  await post(group, { kind: "file", body: { url, name: say("file.name"), caption: say("caption") } });
  await post(group, {
    kind: "audio",
    body: { url: "https://example.com/a.mp3", transcript: say("transcript") },
  });
  // Edited twice: two former versions.
  const edited = await post(group, text(say("first version")));
  await ann.call("PATCH", message(group, edited), {
    base_version: 1,
    body: { text: say("second version").repeat(3) },
  });
  await ann.call("PATCH", message(group, edited), { base_version: 2, body: { text: say("third version") } });
  await ann.call("PATCH", message(group, edited), { metadata: { a: say("changed metadata") } });
  // A thread of hers with a reply of Ben, and a reply of hers that stands in no main stream.
  const root = await post(group, text(say("root of a thread")));
  await ben.call("POST", `/v1/conversations/${group}/messages`, {
    kind: "text",
    body: { text: "an answer" },
    thread: { root },
  });
  await post(group, { ...text(say("thread-only reply")), thread: { root, also_in_main: false } });
  // Her own copies.
  await post(direct, { forward: { conversation_id: group, seq: first } });
  await post(direct, {
    kind: "merged",
    body: {
      title: say("title of a merged message"),
      items: [
        { conversation_id: group, seq: first },
        { conversation_id: group, seq: edited },
      ],
    },
  });
  // What others do with her message: a quote shows the original, a forward is a message of theirs.
  await ben.call("POST", `/v1/conversations/${group}/messages`, {
    kind: "text",
    body: { text: "quoting" },
    quote_seq: first,
  });
  const shared = await post(group, text(put("copies", "forwarded by another")));
  await ben.call("POST", `/v1/conversations/${direct}/messages`, {
    forward: { conversation_id: group, seq: shared },
  });
  const kept = await post(group, text(say("saved, pinned and reacted to by another")));
  await ben.call("PUT", `${message(group, kept)}/saved`, { note: put("copies", "another's note") });
  await ben.call("PUT", `${message(group, kept)}/pin`);
  await ben.call("PUT", `${message(group, kept)}/reactions/${encodeURIComponent("👍")}`);
  await ann.call("PUT", `${message(group, kept)}/reactions/${encodeURIComponent(":zebra_of_ann:")}`);
  // The newest message of each list is hers.
  await post(group, text(say("newest of the group")));
  await post(direct, text(say("newest of two")));

  // What is hers alone.
  await ann.call("PUT", `${message(group, kept)}/saved`, { note: own("note of a saved message") });
  await ann.call("PUT", `/v1/conversations/${group}/draft`, { text: own("composer draft") });
  await ann.call("POST", `/v1/conversations/${group}/messages`, {
    ...text(own("scheduled")),
    send_at: Date.now() + 3_600_000,
  });
  await ann.call("PATCH", "/v1/me", {
    nickname: own("nickname"),
    location: own("location"),
    signature: own("signature"),
  });
  await ann.call("PATCH", `/v1/conversations/${group}/members/${ann.user.id}`, {
    name_card: own("name card"),
  });
  const { id: closed } = Made.parse(
    await cid.call("POST", "/v1/conversations", { kind: "group", name: "Asked", member_ids: [] }),
  );
  await cid.call("PATCH", `/v1/conversations/${closed}`, { join_policy: "approval", discoverable: true });
  await ann.call("POST", `/v1/conversations/${closed}/join`, { message: own("join request") });
  const plain = (all: Map<string, string>) => Object.fromEntries([...all]);
  return {
    ...{ said: plain(words.said), own: plain(words.own), copies: plain(words.copies) },
    ...{ messages, group },
  };
}
