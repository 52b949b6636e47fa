import { z } from "zod";
import type { CallContext, SurfaceContract } from "../../support/surfaces/contract.ts";
import { KEY, TIME } from "./client.ts";

const Envelope = z.strictObject({
  code: z.literal(1),
  msg: z.string().startsWith("不成功："),
  data: z.null(),
});

const conversationid = ({ id }: CallContext) => -100_000_000 - id;

export const appkey: SurfaceContract = {
  name: "appkey",
  calls: [
    {
      ...{ method: "POST", path: "/conversation", place: "body", who: "user" },
      fields: ({ peer }) => ({ passiveuser: peer.user.id, time: TIME }),
      required: ["passiveuser", "time"],
    },
    {
      ...{ method: "POST", path: "/message", place: "body", who: "member" },
      fields: (context) => ({
        conversationid: conversationid(context),
        type: -1,
        content: "hello",
        time: TIME,
      }),
      required: ["conversationid", "type", "content", "time"],
    },
    {
      ...{ method: "GET", path: "/message", place: "query", who: "member" },
      fields: (context) => ({ conversationid: conversationid(context), start: 0, limit: 20 }),
      required: ["conversationid"],
    },
    {
      ...{ method: "DELETE", path: "/message", place: "body", who: "member" },
      fields: ({ id, seq }) => ({ messagekey: `${id}-${seq}`, type: 1 }),
      required: ["messagekey", "type"],
    },
  ],
  headers: (token) => ({ "X-APP-Key": KEY, ...(token !== undefined && { "X-APP-Session": token }) }),
  isSuccess: ({ status, body }) =>
    status === 200 && z.looseObject({ code: z.literal(0) }).safeParse(body).success,
  isFailure: ({ body }) => Envelope.safeParse(body).success,
  isUnauthenticated: ({ status, body }) =>
    status === 200 && (Envelope.safeParse(body).data?.msg.startsWith("不成功：未授权") ?? false),
};
