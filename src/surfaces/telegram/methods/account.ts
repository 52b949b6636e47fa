import { serializeUser } from "../serialize/users.ts";
import { type Method, read } from "./method.ts";

/** The bot itself, and what it can do. */
const getMe: Method = async (call) => {
  await read(call);
  return {
    ...serializeUser(call.bot),
    ...{ can_join_groups: true, can_read_all_group_messages: true, supports_inline_queries: false },
    ...{ can_connect_to_business: false, has_main_web_app: false },
  };
};

/** The methods that concern the bot itself. */
export const ACCOUNT = { getMe } satisfies Record<string, Method>;
