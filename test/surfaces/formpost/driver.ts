import { befriend } from "../../support/accounts/friends.ts";
import type { Driver } from "../../support/surfaces/driver.ts";
import { act, group, inLists, open, query, success, type Wired } from "./client.ts";

const said = (messages: Wired[]) =>
  messages.map(({ msg_id: seq, sender_id: by, msg_body: text }) => ({ seq, by, text }));

/** For each flag its action, the names of flag and conversation there, and the flag's name in lists. */
const FLAGS = {
  sticky: ["set_sticky_conversation", "sticky", "conversaion", "sticked"],
  silent: ["set_silent_conversation", "silent", "conversation", "silent"],
  validation: ["set_validation", "valid", "conversation", "validation"],
} as const;

/** Conversations and groups are opened with friends only. */
export const formpost: Driver = {
  name: "formpost",
  open: async (who, peer) => {
    await befriend(who, peer);
    return open(who, peer);
  },
  group: async (owner, members, name) => {
    for (const member of members) await befriend(owner, member);
    return group(
      owner,
      members.map(({ user }) => user.id),
      name,
    );
  },
  history: async (who, id) => said(await query(who, id)),
  search: async (who, id, content) => said(await query(who, id, { content })),
  read: async (who, id, seq) => {
    success(await act(who, "set_read_message", { conversation: id, msg_id: seq }));
  },
  setFlag: async (who, id, flag, value) => {
    const [action, field, conversation] = FLAGS[flag];
    success(await act(who, action, { [conversation]: id, [field]: value ? "True" : "False" }));
  },
  flag: async (who, id, flag) => {
    const found = await inLists(who, id);
    if (!found) throw new Error(`conversation ${id} is in no list`);
    return found[FLAGS[flag][3]];
  },
};
