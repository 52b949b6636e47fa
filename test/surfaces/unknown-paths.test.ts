import { describe, expect, test } from "vitest";
import { z } from "zod";
import { type WireAnswer, wire } from "../support/clients/wire.ts";
import { SURFACE_CONTRACTS } from "./contracts.ts";

const Problem = z.object({ status: z.literal(404), code: z.literal("not_found") });

/** Whether an answer is a failure in the envelope of an API, by the API's name. */
const ENVELOPES = new Map<string, (answer: WireAnswer) => boolean>([
  ...SURFACE_CONTRACTS.map(({ name, isFailure }) => [name, isFailure] as const),
  ["v1", ({ body }: WireAnswer) => Problem.safeParse(body).success],
]);

/** Paths that no route has, by the API to whose prefixes they belong. */
const UNKNOWN: Record<string, string[]> = {
  appkey: [
    ...["/message/1", "/message/1-7", "/message/1/", "/message/1/read", "/message/_", "/message/%31"],
    ...["/conversation/1", "/conversation/-100000001", "/conversation/1/message", "/conversation/1?x=y"],
  ],
  formpost: ["/user/get_nothing", "/user/get_nothing/", "/user/_", "/user/query_all_records/1"],
  kook: [
    "/api",
    "/api/v3",
    "/api/v2/user-chat/list",
    "/api/v3/nothing",
    "/api/user-chat",
    "/api/user-chat/1",
  ],
  telegram: ["/bot", "/bot1:x", "/bot1:x/", "/bot1:x/getMe/1", "/file/bot1:x", "/file/bot1:x/1"],
  tim: [
    ...[
      "/message/nothing",
      "/message/getMessageList/1",
      "/conversation/nothing",
      "/user",
      "/user/1",
      "/user/no",
    ],
    ...["/group", "/group/nothing", "/member/nothing", "/groupMember/1", "/login/1", "/register/nothing"],
  ],
  usersig: [
    "/chat",
    "/chat/nothing",
    "/chat/session-info/1",
    "/file",
    "/file/1",
    "/ws",
    "/ws/nothing",
    "/ws/chat/1",
  ],
  v1: [
    "/v1",
    "/v1/nothing",
    "/v1/messages/1",
    "/files",
    "/files/1",
    "/nothing",
    "/messages/1",
    "/users",
    "/apis",
  ],
};

describe.each(Object.entries(UNKNOWN))("an unknown path under the prefixes of %s", (surface, paths) => {
  test.each(paths)("%s is a 404 in its envelope", async (path) => {
    for (const method of ["GET", "POST", "PUT", "DELETE"]) {
      const answer = await wire({ method, path });
      expect(answer.status, `${method} ${path}`).toBe(404);
      const owners = [...ENVELOPES].filter(([, isFailure]) => isFailure(answer)).map(([name]) => name);
      expect(owners, JSON.stringify(answer.body)).toContain(surface);
    }
  });
});
