import { expect } from "vitest";
import { z } from "zod";
import type { SignedIn } from "../../support/clients/api.ts";
import { type WireAnswer, type WireCall, wire } from "../../support/clients/wire.ts";

/** A failure as the API tells it: nothing may lack, nothing else be there. */
export const Failure = z.strictObject({
  code: z.int().refine((code) => code !== 0),
  msg: z.string().min(1),
  data: z.strictObject({}),
});

const Success = z.looseObject({ code: z.literal(0), msg: z.literal(""), data: z.unknown() });

/** Who calls: somebody who is signed in, a token, or nobody. */
export type Caller = SignedIn | string | undefined;

const tokenOf = (caller: Caller): string | undefined => (typeof caller === "object" ? caller.token : caller);

/** What somebody is called here. */
export const nameOf = ({ user }: SignedIn): string => user.username;

/** One call of the API. */
export function tim(
  caller: Caller,
  path: string,
  body: unknown = {},
  { headers, settings }: Pick<WireCall, "headers" | "settings"> = {},
): Promise<WireAnswer> {
  const token = tokenOf(caller);
  const all = { "Content-Type": "application/json", ...(token !== undefined && { token }), ...headers };
  return wire({ method: "POST", path, headers: all, body, ...(settings && { settings }) });
}

/** All that a call says which succeeded. */
export function success({ status, body }: WireAnswer): z.infer<typeof Success> {
  expect({ status, body }).toMatchObject({ status: 200, body: { code: 0, msg: "" } });
  return Success.parse(body);
}

/** The `data` of a call that succeeded, as its schema has it. */
export async function data<T>(schema: z.ZodType<T>, ...args: Parameters<typeof tim>): Promise<T> {
  return schema.parse(success(await tim(...args)).data);
}

/** Asserts that a call failed with this code, naming this. @returns what it said */
export function failure({ status, body }: WireAnswer, code: number, naming = "", wanted = 200): string {
  expect({ status, body }).toEqual({
    status: wanted,
    body: { code, msg: expect.stringContaining(naming), data: {} },
  });
  return Failure.parse(body).msg;
}
