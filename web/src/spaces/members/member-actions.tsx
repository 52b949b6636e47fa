import { t } from "../../i18n/i18n.ts";
import { nameOf } from "../../lib/names.ts";
import { confirmed } from "../../ui/confirm.tsx";
import { showDialog } from "../../ui/dialogs.tsx";
import { LATER } from "../../ui/later/icons.ts";
import { lazy } from "../../ui/lazy.tsx";
import type { MenuItem } from "../../ui/overlay/menu.tsx";
import { rankOf } from "../roles/rank.ts";
import type { Role } from "../roles/use-roles.ts";
import type { Space, SpaceMember } from "../state.ts";

const MemberRoles = lazy(async () => (await import("../roles/member-roles.tsx")).MemberRoles);

const MUTES = [
  ["spaces.mute10", 600],
  ["group.mute", 3_600],
  ["group.muteDay", 86_400],
] as const;

interface Doing {
  handOver: (userId: number) => void;
  /** @param seconds 0: the mute ends */
  mute: (userId: number, seconds: number) => void;
  remove: (userId: number) => void;
  ban: (userId: number) => void;
  nameCard: (member: SpaceMember) => void;
  /** the roles of a member have changed */
  onRoles: () => void;
}

/** What the user can do about a member of a space. @param me the user @param roles of the space */
export function memberActions(
  { space, me, roles }: { space: Space; me: number; roles: readonly Role[] },
  member: SpaceMember,
  { handOver, mute, remove, ban, nameCard, onRoles }: Doing,
): MenuItem[] {
  const { permissions, role_ids: own } = space;
  const { user, role_ids: held, muted_until: mutedUntil } = member;
  const name = nameOf(user);
  const rank = rankOf(space, { id: me, role_ids: own }, roles);
  const isBelow = user.id !== me && rankOf(space, { id: user.id, role_ids: held }, roles) < rank;
  const items: MenuItem[] = [];
  if (user.id === me || (isBelow && permissions.includes("kick")))
    items.push({
      ...({ label: t(user.id === me ? "spaces.ownNameCard" : "spaces.nameCard"), icon: "edit" } as const),
      onSelect: () => nameCard(member),
    });
  if (permissions.includes("manage_roles"))
    items.push({
      ...{ label: t("roles.title"), icon: LATER.flag },
      onSelect: () =>
        showDialog((close) => (
          <MemberRoles {...{ space, member, rank }} onChange={onRoles} onClose={close} />
        )),
    });
  if (space.owner_id === me && user.id !== me) {
    const question = t("spaces.handOverQuestion", { name, space: space.name });
    items.push({ ...grave(t("spaces.handOver"), question, () => handOver(user.id)), icon: LATER.userPlus });
  }
  if (!isBelow) return items;
  if (permissions.includes("kick")) {
    if (mutedUntil !== null)
      items.push({ label: t("group.unmute"), icon: LATER.bell, onSelect: () => mute(user.id, 0) });
    else
      for (const [label, seconds] of MUTES)
        items.push({ label: t(label), icon: "muted", onSelect: () => mute(user.id, seconds) });
    items.push(
      grave(t("spaces.remove"), t("spaces.removeQuestion", { name, space: space.name }), () =>
        remove(user.id),
      ),
    );
  }
  if (permissions.includes("ban")) {
    const question = t("group.banQuestion", { name, group: space.name });
    items.push({ ...grave(t("group.ban"), question, () => ban(user.id)), icon: LATER.ban });
  }
  return items;
}

/** What the user is asked about before it is done. */
function grave(label: string, question: string, act: () => void): MenuItem {
  return {
    ...{ label, icon: "close", isDanger: true },
    onSelect: async () => {
      if (await confirmed(label, question)) act();
    },
  };
}
