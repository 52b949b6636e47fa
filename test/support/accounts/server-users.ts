import { expect } from "vitest";
import type { z } from "zod";
import { UserId } from "../../../src/domain/ids.ts";
import { ServerUser } from "../../../src/surfaces/v1/server/users.ts";
import { type Answer, call, type SignedIn } from "../clients/api.ts";

const StrictUser = ServerUser.strict();
export type ServerUserAnswer = z.infer<typeof ServerUser>;

/** The path of a user under /v1/server. @param ref the id, or the backend's own id */
export function userPath(ref: number | string, rest = ""): string {
  const text = typeof ref === "number" ? String(ref) : encodeURIComponent(`ext:${ref}`);
  return `/v1/server/users/${text}${rest}`;
}

/** The user of an answer, with no further field. */
export function userOf({ status, body }: Answer, expected: number): ServerUserAnswer {
  expect(status, JSON.stringify(body)).toBe(expected);
  return StrictUser.parse(body);
}

/** Makes or changes a user by a key. @param expected the status */
export async function putUser(
  token: string,
  ref: number | string,
  fields: object = {},
  expected = 201,
): Promise<ServerUserAnswer> {
  return userOf(await call("PUT", userPath(ref), { token, body: fields }), expected);
}

/** An external id that no other test uses. */
export function freshExternalId(): string {
  return `u-${crypto.randomUUID()}`;
}

/** A user of a backend, for helpers of sessions. It has no token. */
export function signedIn({ id, username, nickname }: ServerUserAnswer): SignedIn {
  return { token: "", expires_at: 0, user: { id: UserId.parse(id), username, nickname } };
}
