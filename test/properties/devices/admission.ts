import { expect } from "vitest";
import { z } from "zod";
import { BanPage } from "../../../src/surfaces/v1/conversations/bans.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import type { Room } from "./room.ts";

/** The owner bans a user, or lifts the ban. */
export async function ban(room: Room, owner: SignedIn, { user }: SignedIn, isOn: boolean): Promise<void> {
  room.model.bans.changing(user.id);
  const { status, body } = await room.call(
    owner,
    isOn ? "PUT" : "DELETE",
    `/bans/${user.id}`,
    isOn ? {} : undefined,
  );
  expect(isOn ? [204] : [204, 404], JSON.stringify(body)).toContain(status);
}

/** Takes in who is banned. */
export async function learnBans(room: Room, owner: SignedIn): Promise<void> {
  const { bans } = room.model;
  if (!bans.isChanging) return;
  const { body } = await room.call(owner, "GET", "/bans?limit=100");
  bans.learn(BanPage.parse(body).items.map(({ user }) => user.id));
}

/** Asserts that a banned user did not come in by a call. */
export function expectBanned(room: Room, userId: number, status: number): void {
  if (room.model.bans.holdsFor(userId)) expect([403, 404], `${userId} is banned`).toContain(status);
}

const Made = z.object({ code: z.string() });

/** A user accepts an invitation of the owner. @returns the status */
export async function accept(room: Room, owner: SignedIn, { token }: SignedIn): Promise<number> {
  const { status, body } = await room.call(owner, "POST", "/invitations", {});
  expect(status, JSON.stringify(body)).toBe(201);
  const path = `/v1/invitations/${Made.parse(body).code}`;
  return (await call("POST", path, { token })).status;
}
