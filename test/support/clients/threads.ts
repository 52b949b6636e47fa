import { expect } from "vitest";
import { z } from "zod";
import {
  Thread,
  ThreadList,
  ThreadState,
  WideThreadPage,
} from "../../../src/surfaces/v1/messages/threads.ts";
import { type Answer, call } from "./api.ts";
import type { Caller } from "./chat.ts";
import { StrictMessage, StrictPage } from "./shapes.ts";

/** The fields of a reply, which is in the main stream too. */
export const reply = (root: number, text = "reply") => ({
  ...{ kind: "text", body: { text }, thread: { root } },
});

/** The fields of a thread-only reply. */
export const aside = (root: number, text = "aside") => ({
  ...{ kind: "text", body: { text }, thread: { root, also_in_main: false } },
});

const StrictThreads = z.strictObject({
  ...ThreadList.shape,
  items: z.array(z.strictObject({ ...Thread.shape, root: StrictMessage })),
});
const StrictState = ThreadState.strict();

/** A call about a thread of a conversation. */
export function threadCall(
  { token }: Caller,
  method: string,
  id: number,
  path: string,
  body?: object,
): Promise<Answer> {
  return call(method, `/v1/conversations/${id}/threads${path}`, { token, ...(body && { body }) });
}

function expect200({ status, body }: Answer): unknown {
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}

/** The threads that a user follows. */
export async function followed(who: Caller, id: number, query = ""): Promise<z.infer<typeof StrictThreads>> {
  return StrictThreads.parse(expect200(await threadCall(who, "GET", id, query)));
}

const StrictWide = z.strictObject({ ...WideThreadPage.shape, items: StrictThreads.shape.items });

/** The threads that a user follows, of all conversations. */
export async function followedAnywhere({ token }: Caller, query = ""): Promise<z.infer<typeof StrictWide>> {
  return StrictWide.parse(expect200(await call("GET", `/v1/threads${query}`, { token })));
}

/** A page of the replies of a thread. */
export async function replies(
  who: Caller,
  id: number,
  root: number,
  query = "",
): Promise<z.infer<typeof StrictPage>> {
  return StrictPage.parse(expect200(await threadCall(who, "GET", id, `/${root}/messages${query}`)));
}

/** Follows a thread. */
export async function follow(who: Caller, id: number, root: number): Promise<z.infer<typeof StrictState>> {
  return StrictState.parse(expect200(await threadCall(who, "PUT", id, `/${root}/follow`)));
}

/** Ends that. */
export async function unfollow(who: Caller, id: number, root: number): Promise<void> {
  expect((await threadCall(who, "DELETE", id, `/${root}/follow`)).status).toBe(204);
}

/** Reads a thread up to a seq. */
export async function readThread(
  who: Caller,
  id: number,
  root: number,
  seq: number,
): Promise<z.infer<typeof StrictState>> {
  return StrictState.parse(expect200(await threadCall(who, "PUT", id, `/${root}/read`, { seq })));
}
