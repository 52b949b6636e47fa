import { ConversationId } from "../../../src/domain/ids.ts";
import { userIdByName } from "../../support/accounts/user-ids.ts";
import type { Frame } from "../../support/clients/socket.ts";
import type { Driver } from "../../support/surfaces/driver.ts";
import { logs, mark, open, type Signed, sessions, signed } from "./client.ts";

import { connect } from "./socket.ts";

/** The id of a user by the API's user_id. */
export function idOf({ sig }: Signed, username: string): Promise<number> {
  return userIdByName(sig, username);
}

export const usersig: Driver = {
  name: "usersig",
  open: async (who, peer) => ConversationId.parse(Number(await open(signed(who), [signed(peer)]))),
  group: async (owner, members, name) =>
    ConversationId.parse(Number(await open(signed(owner), members.map(signed), name))),
  send: async (who, id, content) => {
    const socket = await connect(signed(who));
    socket.send({ to_session: id, content });
    // Frames of others' earlier messages may come first.
    const isAnswer = ({ type }: Frame) => type === "ERROR" || type === "MESSAGE_SEND_SUCCESS";
    await socket.until(({ frames }) => frames.some(isAnswer));
    const answer = socket.frames.find(isAnswer);
    socket.close();
    if (answer?.type === "ERROR") throw new Error(JSON.stringify(answer));
  },
  history: async (who, id) => {
    const { chat_log_info_list } = await logs(signed(who), String(id), "&total=1");
    return Promise.all(
      chat_log_info_list.toReversed().map(async ({ id: log, sender, content }) => ({
        ...{ seq: Number(log.split("-")[1]), text: String(content) },
        by: await idOf(signed(who), sender),
      })),
    );
  },
  read: async (who, id) => {
    await mark(signed(who), String(id));
  },
  unread: async (who, id) => {
    const { session_info_list } = await sessions(signed(who), "?total");
    return session_info_list.find(({ session_id }) => session_id === String(id))?.unread_count ?? 0;
  },
};
