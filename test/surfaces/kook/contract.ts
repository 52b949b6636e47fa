import { z } from "zod";
import { openDirect, send } from "../../support/clients/chat.ts";
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

/** A message of the member, in a conversation that no call here deletes. */
let own = "";

const onMessage: Pick<ContractCall, "fields" | "required" | "who"> = {
  fields: () => ({ msg_id: own }),
  required: ["msg_id"],
  who: "member",
};
const reacting: Pick<ContractCall, "fields" | "required" | "who"> = {
  fields: () => ({ msg_id: own, emoji: "👍" }),
  required: ["msg_id", "emoji"],
  who: "member",
};

export const kook: SurfaceContract = {
  name: "kook",
  prepare: async ({ member, bystander }) => {
    const { id } = await openDirect(member, bystander);
    const { seq } = await send(member, id, "hello");
    own = `${id}-${seq}`;
  },
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
    { method: "GET", path: "/api/v3/direct-message/list", place: "query", ...viewing },
    { method: "GET", path: "/api/v3/user-chat/msg-list", place: "query", ...viewing },
    { method: "GET", path: "/api/v3/direct-message/view", place: "query", ...onMessage },
    { method: "POST", path: "/api/v3/direct-message/reaction-list", place: "body", ...onMessage },
    {
      ...{ method: "POST", path: "/api/v3/direct-message/create", place: "body", who: "member" },
      fields: ({ code }) => ({ chat_code: code, type: 1, content: "hello", nonce: "n" }),
      required: ["chat_code", "content"],
    },
    {
      ...{ method: "POST", path: "/api/v3/user-chat/update-msg", place: "body", who: "member" },
      fields: () => ({ msg_id: own, content: "hello" }),
      required: ["msg_id", "content"],
    },
    { method: "POST", path: "/api/v3/direct-message/add-reaction", place: "body", ...reacting },
    { method: "POST", path: "/api/v3/direct-message/delete-reaction", place: "body", ...reacting },
    {
      ...{ method: "GET", path: "/api/v3/user/me", place: "query", who: "user" },
      ...{ fields: () => ({}), required: [] },
    },
    {
      ...{ method: "GET", path: "/api/v3/user/view", place: "query", who: "user" },
      fields: ({ peer }) => ({ user_id: String(peer.user.id) }),
      required: ["user_id"],
    },
    { method: "GET", path: "/api/v3/guild/list", place: "query", ...listing },
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
