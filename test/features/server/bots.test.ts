import { beforeAll, expect, test } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { freshExternalId, putUser, userPath } from "../../support/accounts/server-users.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { ask, createGroup, listedConversation, page, send } from "../../support/clients/chat.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { itemAt } from "../../support/objects/room.ts";
import { evict } from "../../support/objects/sleep.ts";

let key = "";
let ann: SignedIn;

beforeAll(async () => {
  key = (await makeServerKey(["users", "tokens"])).text;
  ann = itemAt(await signedInUsers(1), 0);
});

/** A user of the team's with a token. */
async function newUser(bot: boolean): Promise<{ id: number; token: string }> {
  const { id } = await putUser(key, freshExternalId(), { bot });
  const { body } = await call("POST", userPath(id, "/tokens"), { token: key });
  return { id, token: Object.entries(body ?? {}).find(([name]) => name === "token")?.[1] };
}

test("a bot is shown as one beside what it writes, and wherever its name is; a person is not", async () => {
  const [bot, person] = [await newUser(true), await newUser(false)];
  const { id } = await createGroup(ann, [{ user: bot }, { user: person }]);
  const [room, device] = [await openRoom(id, ann.token), await openDevice(ann.token)];
  await send(person, id, "hello");
  await send(bot, id, "beep");
  const ofBot = { sender: { id: bot.id, bot: true } };
  expect(await room.next("message")).not.toHaveProperty("message.sender.bot");
  expect(await room.next("message")).toMatchObject({ message: ofBot });
  await device.until(({ frames }) => JSON.stringify(frames).includes("beep"));
  expect(JSON.stringify(device.frames).match(/"sender":\{[^}]*"bot":true/g)).toHaveLength(1);
  const { items } = await page(ann, id);
  expect(items.map(({ sender }) => "bot" in sender)).toEqual([false, true]);
  expect((await listedConversation(ann, id)).last_message).toMatchObject(ofBot);
  for (const path of [`/v1/users?ids=${bot.id},${person.id}`, `/v1/conversations/${id}/members`]) {
    const { body } = await call("GET", path, { token: ann.token });
    expect(JSON.stringify(body).match(/"bot":true/g)).toHaveLength(1);
  }
  const direct = await call("POST", "/v1/conversations", {
    ...{ token: ann.token, body: { kind: "direct", user_id: bot.id } },
  });
  expect(direct.body).toMatchObject({ peer: { id: bot.id, bot: true } });
  // The object forgets nothing of it.
  room.close();
  await evict(ConversationId.parse(id));
  await send(bot, id, "beep again");
  expect((await page(ann, id)).items.at(-1)).toMatchObject(ofBot);
});

test("who becomes a bot, or is none any more, is told as a new profile", async () => {
  const user = await newUser(false);
  const { id } = await createGroup(ann, [{ user }]);
  await send(user, id, "hello");
  const room = await openRoom(id, ann.token);
  await putUser(key, user.id, { bot: true }, 200);
  expect(await room.next("profile")).toMatchObject({ user: { id: user.id, bot: true } });
  await putUser(key, user.id, { bot: false }, 200);
  expect(await room.next("profile")).not.toHaveProperty("user.bot");
  const { body } = await ask(ann, id, "GET", "/messages");
  expect(JSON.stringify(body)).not.toContain('"bot"');
});
