import { expect } from "vitest";
import { z } from "zod";
import { type Answer, call } from "../../support/clients/api.ts";
import type { Caller, Named } from "../../support/clients/chat.ts";

/** Gives a user a role, by a key with the scope `users`. */
export async function giveRole(key: string, { user }: Named, role: string): Promise<void> {
  const answer = await call("PUT", `/v1/server/users/${user.id}`, { token: key, body: { role } });
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200, body: { role } });
}

const Audit = z.object({
  items: z.array(
    z.object({
      id: z.int(),
      at: z.int(),
      action: z.string(),
      by: z.object({ user_id: z.int().nullable(), key_id: z.string().nullable() }),
      of: z.record(z.string(), z.int()),
      reason: z.string(),
    }),
  ),
});

/** The newest rows of the audit log but for those of roles, the oldest first. */
export async function auditOf(key: string) {
  const { body } = await call("GET", "/v1/moderation/audit?limit=100", { token: key });
  const { items } = Audit.parse(body);
  const since = items.findIndex(({ action }) => action === "role_changed");
  return items.slice(0, since === -1 ? undefined : since).reverse();
}

/** A call of staff, or of a key, with a reason. @param path behind `/v1/moderation` */
export function asStaff({ token }: Caller, method: string, path: string, body?: object): Promise<Answer> {
  const headers = { "Parley-Reason": "why" };
  return call(method, `/v1/moderation${path}`, { token, headers, ...(body && { body }) });
}

const Made = z.object({ id: z.int() });

/** Reports something, as spam unless the body says otherwise. @returns the id of the report */
export async function report({ token }: Caller, body: object): Promise<number> {
  const answer = await call("POST", "/v1/reports", { token, body: { reason: "spam", ...body } });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return Made.parse(answer.body).id;
}
