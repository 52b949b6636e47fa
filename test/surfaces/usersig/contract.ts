import { z } from "zod";
import { freshName } from "../../support/clients/api.ts";
import type { SurfaceContract } from "../../support/surfaces/contract.ts";
import { nameOf, RULE_KEY } from "./client.ts";

const Failure = z.strictObject({
  code: z.int().refine((code) => code !== 200),
  message: z.string().min(1),
  data: z.strictObject({}),
});

export const usersig: SurfaceContract = {
  name: "usersig",
  calls: [
    {
      ...{ method: "POST", path: "/chat/create-chat-user/", place: "body", who: "anybody" },
      fields: () => ({
        ...{ user_id: freshName(), token: RULE_KEY, name: "x", nickname: "x", username: "x", gender: "x" },
        ...{ birthday: "2001-02-03", id_card_num: "1", phone: "1", email: "x@example.com", province: "x" },
        ...{ city: "x", avatar: "x", description: "x" },
      }),
      required: ["user_id", "token"],
    },
    {
      ...{ method: "POST", path: "/chat/get-user-sig/", place: "body", who: "anybody" },
      fields: ({ member }) => ({ user_id: nameOf(member), token: RULE_KEY }),
      required: ["user_id", "token"],
    },
    {
      ...{ method: "GET", path: "/chat/chat-user-info/", place: "query", who: "user" },
      fields: ({ member }) => ({ user_id: nameOf(member) }),
      required: ["user_id"],
    },
    {
      ...{ method: "POST", path: "/chat/change-chat-user-info/", place: "body", who: "user" },
      fields: ({ member }) => ({ user_id: nameOf(member), name: "x", birthday: "", avatar: "" }),
      required: [],
    },
    {
      ...{ method: "POST", path: "/chat/create-session/", place: "body", who: "member" },
      fields: ({ member, peer }) => ({
        ...{ name: "x", type: "1", chat_user_id_list: [member, peer].map(nameOf) },
      }),
      required: ["name", "type", "chat_user_id_list"],
    },
    {
      ...{ method: "GET", path: "/chat/session-info/", place: "query", who: "user" },
      fields: () => ({ page_size: 10, page_num: 1 }),
      required: [],
    },
    {
      ...{ method: "GET", path: "/chat/chat-log-info/", place: "query", who: "member" },
      fields: ({ id }) => ({ session_id: String(id), page_size: "10", page_num: "1" }),
      required: ["session_id"],
    },
    {
      ...{ method: "POST", path: "/chat/single-chat-mark-as-read/", place: "body", who: "member" },
      fields: ({ id }) => ({ session_id: id }),
      required: ["session_id"],
    },
  ],
  headers: (token) => (token === undefined ? {} : { Authorization: token }),
  isSuccess: ({ status, body }) =>
    status === 200 && z.looseObject({ code: z.literal(200) }).safeParse(body).success,
  isFailure: ({ body }) => Failure.safeParse(body).success,
  isUnauthenticated: ({ status, body }) => status === 200 && Failure.safeParse(body).data?.code === 403,
};
