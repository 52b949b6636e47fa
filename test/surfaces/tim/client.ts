import { expect } from "vitest";
import { z } from "zod";
import type { SignedIn } from "../../support/clients/api.ts";
import { type WireAnswer, type WireCall, wire } from "../../support/clients/wire.ts";
import type { Sign } from "../../support/surfaces/stories.ts";

const NoData = z.strictObject({});
/** What a failed send answers: the message, which was not sent. */
const Unsent = z.strictObject({
  message: z.looseObject({ ID: z.string().startsWith("draft-"), status: z.literal("fail") }),
});

/** A failure in the API's form: exactly these fields. */
export const Failure = z.strictObject({
  code: z.int().refine((code) => code !== 0),
  msg: z.string().min(1),
  data: z.union([NoData, Unsent]),
});

const Success = z.looseObject({ code: z.literal(0), msg: z.literal(""), data: z.unknown() });

/** The caller: a signed-in user, a token, or nobody. */
export type Caller = SignedIn | string | undefined;

const tokenOf = (caller: Caller): string | undefined => (typeof caller === "object" ? caller.token : caller);

/** The user's id in this API. */
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

/** Adds the token in the document's form. */
export const withToken: Sign = (call, token) => ({
  ...call,
  headers: { "Content-Type": "application/json", token, ...call.headers },
});

/** Asserts success. @returns the whole answer */
export function success({ status, body }: WireAnswer): z.infer<typeof Success> {
  expect({ status, body }).toMatchObject({ status: 200, body: { code: 0, msg: "" } });
  return Success.parse(body);
}

/** Asserts success. @returns `data`, parsed by the schema */
export async function data<T>(schema: z.ZodType<T>, ...args: Parameters<typeof tim>): Promise<T> {
  return schema.parse(success(await tim(...args)).data);
}

/** A new community with topics of a user, and its first topic. */
export async function communityOf(owner: SignedIn): Promise<{ community: string; topic: string }> {
  const asked = { name: "bees", type: "Community", isSupportTopic: true };
  const Made = z.looseObject({ group: z.looseObject({ groupID: z.string() }) });
  const { groupID: community } = (await data(Made, owner, "/group/createGroup", asked)).group;
  const Topics = z.looseObject({
    successTopicList: z.tuple([z.looseObject({ topic: z.looseObject({ topicID: z.string() }) })]),
  });
  const [{ topic }] = (await data(Topics, owner, "/group/getTopicList", { groupID: community }))
    .successTopicList;
  return { community, topic: topic.topicID };
}

/** Asserts that a call failed with this code, and names this. @returns its message */
export function failure({ status, body }: WireAnswer, code: number, naming = "", expected = 200): string {
  expect({ status, body }).toEqual({
    status: expected,
    body: { code, msg: expect.stringContaining(naming), data: expect.any(Object) },
  });
  return Failure.parse(body).msg;
}
