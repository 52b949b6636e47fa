import { z } from "zod";
import { PASSWORD } from "../../support/clients/api.ts";
import type { Dialect, DialectCall, Stage } from "../../support/surfaces/dialect.ts";

const Refused = z.strictObject({ code: z.int().refine((code) => code !== 0), info: z.string().min(1) });

/** An action whose every parameter must be there. */
function action(
  name: string,
  who: DialectCall["who"],
  fields: (stage: Stage) => Record<string, unknown> = () => ({}),
  required: string[] = [],
): DialectCall {
  return { method: "POST", path: `/user/${name}/`, place: "body", who, fields, required };
}

const conversation = ({ id }: Stage) => ({ conversation: id });

export const formpost: Dialect = {
  name: "formpost",
  calls: [
    action("get_private_conversations", "user"),
    action("get_group_conversations", "user"),
    action("get_sticky_private_conversations", "user"),
    action("get_sticked_group_conversations", "user"),
    // A stranger is no friend of the peer's.
    action("get_or_create_private_conversation", "member", ({ peer }) => ({ friend: peer.user.id }), [
      "friend",
    ]),
    action(
      "create_group_conversation",
      "member",
      ({ peer }) => ({ members: [peer.user.id], name: "a group" }),
      ["members", "name"],
    ),
    action("set_validation", "member", (stage) => ({ ...conversation(stage), valid: "True" }), [
      ...["conversation", "valid"],
    ]),
    action("set_sticky_conversation", "member", ({ id }) => ({ conversaion: id, sticky: "True" }), [
      ...["conversaion", "sticky"],
    ]),
    action("set_silent_conversation", "member", (stage) => ({ ...conversation(stage), silent: "True" }), [
      ...["conversation", "silent"],
    ]),
    action("set_read_message", "member", (stage) => ({ ...conversation(stage), msg_id: stage.seq }), [
      ...["conversation", "msg_id"],
    ]),
    action("query_all_records", "member", (stage) => ({ ...conversation(stage), before: 9, limit: 9 }), [
      "conversation",
    ]),
    action("query_by_sender", "member", (stage) => ({ ...conversation(stage), sender: stage.peer.user.id }), [
      ...["conversation", "sender"],
    ]),
    action("query_by_content", "member", (stage) => ({ ...conversation(stage), content: "hello" }), [
      ...["conversation", "content"],
    ]),
    action("query_by_type", "member", (stage) => ({ ...conversation(stage), type: "image" }), [
      ...["conversation", "type"],
    ]),
    // Last, as wrong passwords lock the member's account. A stranger here has none.
    action("secondary_validate", "member", () => ({ password: PASSWORD }), ["password"]),
  ],
  headers: (token) => (token === undefined ? {} : { Authorization: `Bearer ${token}` }),
  isSuccess: ({ status, body }) =>
    status === 200 && z.looseObject({ code: z.literal(0) }).safeParse(body).success,
  isFailure: ({ status, body }) => status >= 400 && Refused.safeParse(body).success,
  isUnauthenticated: ({ status, body }) => status === 401 && Refused.safeParse(body).data?.code === 1,
};
