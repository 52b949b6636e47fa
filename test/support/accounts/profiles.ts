import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { call, type SignedIn } from "../clients/api.ts";
import { page } from "../clients/chat.ts";
import { itemAt } from "../objects/room.ts";

/** Changes the caller's profile over v1. */
export async function changeProfile({ token }: SignedIn, body: object): Promise<void> {
  const answer = await call("PATCH", "/v1/me", { token, body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
}

/** The sender of the first message on a page that a user reads. */
export async function senderSeenBy(who: SignedIn, id: number) {
  return itemAt((await page(who, id)).items, 0).sender;
}

/** Makes the profile cache of a conversation a minute old. */
export async function expireProfiles(id: number): Promise<void> {
  const stub = env.CONVERSATION.getByName(String(id));
  await runInDurableObject(stub, (_, { storage }) => {
    storage.sql.exec("UPDATE people SET checked_at = 0");
  });
  await evictDurableObject(stub);
}
