import { z } from "zod";
import { PASSWORD } from "../../support/clients/api.ts";
import type { CallContext, ContractCall, SurfaceContract } from "../../support/surfaces/contract.ts";

const Refused = z.strictObject({ code: z.int().refine((code) => code !== 0), info: z.string().min(1) });

/** An action whose parameters are all required. */
function action(
  name: string,
  who: ContractCall["who"],
  fields: (context: CallContext) => Record<string, unknown> = () => ({}),
  required: string[] = [],
): ContractCall {
  return { method: "POST", path: `/user/${name}/`, place: "body", who, fields, required };
}

const conversation = ({ id }: CallContext) => ({ conversation: id });

export const formpost: SurfaceContract = {
  name: "formpost",
  calls: [
    action("get_private_conversations", "user"),
    action("get_group_conversations", "user"),
    action("get_sticky_private_conversations", "user"),
    action("get_sticked_group_conversations", "user"),
    // The stranger is no friend of the peer.
    action("get_or_create_private_conversation", "member", ({ peer }) => ({ friend: peer.user.id }), [
      "friend",
    ]),
    action(
      "create_group_conversation",
      "member",
      ({ peer }) => ({ members: [peer.user.id], name: "a group" }),
      ["members", "name"],
    ),
    action("set_validation", "member", (context) => ({ ...conversation(context), valid: "True" }), [
      ...["conversation", "valid"],
    ]),
    action("set_sticky_conversation", "member", ({ id }) => ({ conversaion: id, sticky: "True" }), [
      ...["conversaion", "sticky"],
    ]),
    action("set_silent_conversation", "member", (context) => ({ ...conversation(context), silent: "True" }), [
      ...["conversation", "silent"],
    ]),
    action("set_read_message", "member", (context) => ({ ...conversation(context), msg_id: context.seq }), [
      ...["conversation", "msg_id"],
    ]),
    action("query_all_records", "member", (context) => ({ ...conversation(context), before: 9, limit: 9 }), [
      "conversation",
    ]),
    action(
      "query_by_sender",
      "member",
      (context) => ({ ...conversation(context), sender: context.peer.user.id }),
      [...["conversation", "sender"]],
    ),
    action("query_by_content", "member", (context) => ({ ...conversation(context), content: "hello" }), [
      ...["conversation", "content"],
    ]),
    action("query_by_type", "member", (context) => ({ ...conversation(context), type: "image" }), [
      ...["conversation", "type"],
    ]),
    // Last, as wrong passwords lock the member's account. The stranger has none here.
    action("secondary_validate", "member", () => ({ password: PASSWORD }), ["password"]),
  ],
  headers: (token) => (token === undefined ? {} : { Authorization: `Bearer ${token}` }),
  isSuccess: ({ status, body }) =>
    status === 200 && z.looseObject({ code: z.literal(0) }).safeParse(body).success,
  isFailure: ({ status, body }) => status >= 400 && Refused.safeParse(body).success,
  isUnauthenticated: ({ status, body }) => status === 401 && Refused.safeParse(body).data?.code === 1,
};
