import { expect } from "vitest";
import { z } from "zod";
import { type Answer, call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import { ask } from "../../support/clients/chat.ts";

/** An invitation as v1 answers it; strict, so that a new field fails the tests. */
export const Invitation = z.strictObject({
  code: z.string(),
  expires_at: z.int(),
  max_uses: z.int().nullable(),
  uses: z.int(),
  created_by: z.int(),
  created_at: z.int(),
});
export type Invitation = z.infer<typeof Invitation>;

const Page = z.strictObject({ items: z.array(Invitation), next_cursor: z.string().nullable() });

/** Makes an invitation, and asserts success. */
export async function invite(who: SignedIn, id: number, fields: object = {}): Promise<Invitation> {
  const answer = await ask(who, id, "POST", "/invitations", fields);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return Invitation.parse(answer.body);
}

/** The open invitations of a group, and the cursor of the next page. */
export async function invitations(who: SignedIn, id: number, query = "") {
  const answer = await ask(who, id, "GET", `/invitations${query}`);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return Page.parse(answer.body);
}

export function accept({ token }: SignedIn, code: string): Promise<Answer> {
  return call("POST", `/v1/invitations/${code}`, { token });
}

export function look({ token }: SignedIn, code: string): Promise<Answer> {
  return call("GET", `/v1/invitations/${code}`, { token });
}

export function withdraw(who: SignedIn, id: number, code: string): Promise<Answer> {
  return ask(who, id, "DELETE", `/invitations/${code}`);
}

/** A code that nobody was given. */
export const UNKNOWN = `1-${"0".repeat(32)}`;

/** Asserts that an invitation is as one that never was, to look at and to accept. */
export async function expectNoInvitation(who: SignedIn, code: string): Promise<void> {
  for (const one of [look, accept]) {
    const answer = await one(who, code);
    expectProblem(answer, 404, "not_found");
    expect(answer.body).toEqual((await one(who, UNKNOWN)).body);
  }
}
