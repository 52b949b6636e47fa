import { z } from "zod";
import type { ContractCall, SurfaceContract } from "../../support/surfaces/contract.ts";

const Envelope = z.union([
  z.strictObject({
    code: z.int().positive(),
    message: z.string().min(1),
    data: z.strictObject({}),
  }),
  z.strictObject({
    code: z.literal(401),
    message: z.literal("你的用户凭证不正确"),
    data: z.strictObject({ name: z.literal("Unauthorized"), status: z.literal(401) }),
  }),
]);

const listing: Pick<ContractCall, "fields" | "required" | "who"> = {
  fields: () => ({ page: 1, page_size: 50 }),
  required: [],
  who: "user",
};
const viewing: Pick<ContractCall, "fields" | "required" | "who"> = {
  fields: ({ code }) => ({ chat_code: code }),
  required: ["chat_code"],
  who: "member",
};

export const kook: SurfaceContract = {
  name: "kook",
  calls: [
    { method: "GET", path: "/api/v3/user-chat/list", place: "query", ...listing },
    { method: "POST", path: "/api/user-chat/list", place: "body", ...listing },
    { method: "GET", path: "/api/v3/user-chat/index", place: "query", ...listing },
    { method: "GET", path: "/api/v3/user-chat/view", place: "query", ...viewing },
    { method: "POST", path: "/api/v3/user-chat/view", place: "body", ...viewing },
    {
      ...{ method: "POST", path: "/api/v3/user-chat/create", place: "body", who: "user" },
      fields: ({ peer }) => ({ target_id: String(peer.user.id) }),
      required: ["target_id"],
    },
    { method: "POST", path: "/api/v3/user-chat/delete", place: "body", ...viewing },
  ],
  headers: (token) => (token === undefined ? {} : { Authorization: `Bot ${token}` }),
  isSuccess: ({ status, body }) =>
    status === 200 && z.looseObject({ code: z.literal(0) }).safeParse(body).success,
  isFailure: ({ status, body, headers }) => {
    const { data } = Envelope.safeParse(body);
    const isStatus = data !== undefined && status === (data.code < 1_000 ? data.code : 200);
    return isStatus && headers.get("X-Rate-Limit-Limit") === "1200";
  },
  isUnauthenticated: ({ status, body }) => status === 401 && Envelope.safeParse(body).data?.code === 401,
};
