import type { Member } from "parley-client/people";
import { t } from "../i18n/i18n.ts";
import { nameOf } from "../lib/names.ts";
import type { Account } from "../state/account.ts";
import { reason } from "../state/problem.ts";
import { go } from "../state/router.ts";
import { confirmed } from "../ui/confirm.tsx";
import { LATER } from "../ui/later/icons.ts";
import type { MenuItem } from "../ui/overlay/menu.tsx";
import { toast } from "../ui/toasts.tsx";
import { type GroupEntry, isAbove, isChannel, isSilenced } from "./rights.ts";

const HOUR_S = 3_600;

/**
 * What the user can do about a member of a group.
 * @param onName the member's name in the group is to be changed
 */
export function memberActions(
  { chat, me }: Account,
  group: GroupEntry,
  member: Member,
  onName: () => void,
): MenuItem[] {
  const { id, role } = group;
  const { user } = member;
  const path = { id, user_id: user.id };
  const attempt = (call: () => Promise<unknown>) => () => {
    call().catch((error) => toast(reason(error)));
  };
  /** What is asked for before it is done. */
  const grave = (label: string, question: string, call: () => Promise<unknown>) => ({
    ...{ label, isDanger: true },
    onSelect: async () => {
      if (await confirmed(label, question)) attempt(call)();
    },
  });
  const change = (body: { role?: "admin" | "member"; muted_for_s?: number }) =>
    attempt(() => chat.api.call("patch", "/v1/conversations/{id}/members/{user_id}", { path, body }));
  const profile: MenuItem = {
    ...{ label: t("people.profile"), icon: "people" },
    onSelect: () => go({ view: "user", id: user.id }),
  };
  if (user.id === me) return [profile];
  const items = [profile];
  const names = { name: nameOf(user), group: group.name };
  if (role === "owner" && !isChannel(group)) {
    const isAdmin = member.role === "admin";
    items.push({
      ...{ label: t(isAdmin ? "group.dismiss" : "group.promote"), icon: "check" },
      onSelect: change({ role: isAdmin ? "member" : "admin" }),
    });
    items.push({
      icon: LATER.userPlus,
      ...grave(t("group.handOver"), t("group.handOverQuestion", names), () =>
        chat.api.call("post", "/v1/conversations/{id}/owner", { path: { id }, body: { user_id: user.id } }),
      ),
    });
  }
  if (!isAbove(role, member.role)) return items;
  if (!isChannel(group)) items.push({ label: t("group.nameCard"), icon: "edit", onSelect: onName });
  const mute = (label: string, seconds: number): MenuItem => ({
    ...{ label, icon: seconds > 0 ? "muted" : LATER.bell },
    onSelect: change({ muted_for_s: seconds }),
  });
  if (isSilenced(member)) items.push(mute(t("group.unmute"), 0));
  else items.push(mute(t("group.mute"), HOUR_S), mute(t("group.muteDay"), 24 * HOUR_S));
  if (isChannel(group)) return items;
  items.push(
    {
      icon: "close",
      ...grave(t("group.remove"), t("group.removeQuestion", names), () =>
        chat.api.call("delete", "/v1/conversations/{id}/members/{user_id}", { path }),
      ),
    },
    {
      icon: LATER.ban,
      ...grave(t("group.ban"), t("group.banQuestion", names), () =>
        chat.api.call("put", "/v1/conversations/{id}/bans/{user_id}", { path, body: {} }),
      ),
    },
  );
  return items;
}
