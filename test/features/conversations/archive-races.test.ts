import { describe, expect, test } from "vitest";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { ask, createGroup, getConversation, list, send, storedInInbox } from "../../support/clients/chat.ts";
import type { StrictConversation } from "../../support/clients/shapes.ts";
import { eventually } from "../../support/eventually.ts";

const users = () => signedInUsers(3);

const prefer = ({ token }: SignedIn, id: number, body: unknown) =>
  ask({ token }, id, "PUT", "/preferences", body);

async function set(who: SignedIn, id: number, body: object): Promise<void> {
  const answer = await prefer(who, id, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
}

const ids = (items: StrictConversation[]) => items.map(({ id }) => Number(id));
const shown = async (who: SignedIn) => ids((await list(who, "?limit=100")).items);
const archive = async (who: SignedIn) => ids((await list(who, "?archived=true&limit=100")).items);

/** Expects a conversation in the archive, or in the list, and each answer to say so. */
async function expectArchived(who: SignedIn, id: number, archived: boolean): Promise<void> {
  expect((await getConversation(who, id)).archived).toBe(archived);
  await eventually(async () => {
    expect({ shown: (await shown(who)).includes(id), archive: (await archive(who)).includes(id) }).toEqual({
      shown: !archived,
      archive: archived,
    });
  });
  for (const { id: listed, ...item } of (await list(who, `?archived=${archived}&limit=100`)).items)
    if (listed === id) expect(item.archived).toBe(archived);
}

describe("races", () => {
  test("fifty archivings and fifty messages: the last message decides", async () => {
    const [ann, bob] = await users();
    const { id } = await createGroup(bob, [ann]);
    await Promise.all(
      Array.from({ length: 50 }, (_, i) => [
        set(ann, id, i % 2 === 0 ? { archived: true } : { archived: true, sticky: i % 4 === 1 }),
        send(bob, id, `message ${i}`),
      ]).flat(),
    );
    await send(bob, id, "the last");
    await expectArchived(ann, id, false);
    await set(ann, id, { archived: true });
    await expectArchived(ann, id, true);
  });

  test("a message that is stored after the archiving, and before its answer, brings it back", async () => {
    const [ann, bob] = await users();
    const { id } = await createGroup(bob, [ann]);
    for (let round = 0; round < 10; round++) {
      await Promise.all([set(ann, id, { archived: true }), send(bob, id, "meanwhile")]);
      const { archived } = await getConversation(ann, id);
      await expectArchived(ann, id, archived);
      await send(bob, id, "later");
      await expectArchived(ann, id, false);
    }
  });

  test("the inbox ends with what D1 has", async () => {
    const [ann, bob] = await users();
    const { id } = await createGroup(bob, [ann]);
    for (let round = 0; round < 5; round++) {
      await Promise.all(
        Array.from({ length: 6 }, (_, i) => set(ann, id, { archived: (i + round) % 2 === 0 })),
      );
      await expectArchived(ann, id, (await getConversation(ann, id)).archived);
      expect(await storedInInbox(ann)).toContain(`"conversation_id":${id}`);
    }
  });
});
