import { expect, test } from "vitest";
import { PASSWORD } from "../../../scripts/support/person.ts";
import { TestServer } from "../../client/test/support/server.ts";
import { placesOf } from "./support/stored-texts.ts";
import { type Story, tell } from "./support/story.ts";

/** Enough messages of another that those before them are in the search index. */
const INDEXED = 200;

/** The places where words are stored, by what they were: `text` → `Conversation: messages.body`. */
function found(state: string, words: Record<string, string>): Record<string, readonly string[]> {
  const places = placesOf(state, Object.values(words));
  const entries = Object.entries(words).map(([what, word]) => [what, [...(places.get(word) ?? [])]] as const);
  return Object.fromEntries(entries.filter(([, at]) => at.length > 0));
}

test("what a person has said and written is in no row of any database once it is revoked or erased", async () => {
  await using server = await TestServer.start();
  const [ben, cid] = [await server.person("ben"), await server.person("cid")];
  const people = [
    await server.person("ann"),
    await server.person("eve"),
    await server.person("joe"),
  ] as const;
  const [ann, eve, joe] = people;
  const stories: Story[] = [];
  for (const person of people) stories.push(await tell(server, person, ben, cid));
  const [ofAnn, ofEve, ofJoe] = stories;
  if (!ofAnn || !ofEve || !ofJoe) throw new Error("three stories are told");
  for (const { group } of stories) for (let i = 0; i < INDEXED; i++) await ben.send(group, `${i}`);
  expect(Object.keys(found(server.state, ofAnn.said))).toEqual(Object.keys(ofAnn.said));

  const answer = await fetch(`${server.origin}/v1/server/users/${ann.user.id}?messages=erase`, {
    method: "DELETE",
    headers: { Authorization: `Bearer ${server.serverKey}` },
  });
  expect(answer.status).toBe(202);
  await eve.call("DELETE", "/v1/me?messages=erase", { password: PASSWORD });
  for (const { id, seq } of ofJoe.messages) await joe.revoke(id, seq);

  const gone = [ofAnn.said, ofAnn.own, ofEve.said, ofEve.own, ofJoe.said].flatMap(Object.values);
  const left = () => [...placesOf(server.state, gone)];
  await expect.poll(left).toEqual([]);
  // A stopped server has nothing else in memory.
  await server.kill();
  expect(left()).toEqual([]);
  // Copies of others are theirs, and so is what a person keeps for themself while they have an account.
  const copy = {
    "forwarded by another": ["Conversation: messages.body"],
    "another's note": ["Inbox: saved.note"],
  };
  for (const { copies } of stories) expect(found(server.state, copies)).toMatchObject(copy);
  expect(Object.keys(found(server.state, ofJoe.own))).toEqual(Object.keys(ofJoe.own));
});
