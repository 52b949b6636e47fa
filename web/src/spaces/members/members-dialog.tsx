import { moment } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { nameOf } from "../../lib/names.ts";
import { nowUntil } from "../../lib/time/until.ts";
import { PersonRow } from "../../people/person-row.tsx";
import { useAccount } from "../../state/context.ts";
import { useAction } from "../../state/use-action.ts";
import { usePages } from "../../state/use-pages.ts";
import { useReload } from "../../state/use-reload.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { showDialog } from "../../ui/dialogs.tsx";
import { lazy } from "../../ui/lazy.tsx";
import { More } from "../../ui/more.tsx";
import { Menu } from "../../ui/overlay/menu.tsx";
import { ProblemText } from "../../ui/problem-text.tsx";
import { RoleName } from "../roles/role-name.tsx";
import { type Role, useRoles } from "../roles/use-roles.ts";
import { latest, loadSpaces, type Space, type SpaceMember } from "../state.ts";
import { memberActions } from "./member-actions.tsx";

const CardDialog = lazy(async () => (await import("../../group/name-card-dialog.tsx")).CardDialog);

const PAGE = 100;

/** Who is in a space, in the order in which they came, with what they are there. */
export function MembersDialog({ space: first, onClose }: { space: Space; onClose: () => void }) {
  const { chat, me } = useAccount();
  const space = latest(first);
  const { id } = space;
  const roles = useRoles(id).value ?? [];
  const pages = usePages((query) =>
    chat.api.call("get", "/v1/spaces/{id}/members", { path: { id }, query: { ...query, limit: PAGE } }),
  );
  // Who has turned pages keeps them.
  const isOnePage = (pages.items?.length ?? 0) <= PAGE;
  useReload(
    () => isOnePage && pages.reload(),
    (frame) => frame.type === "space" && frame.space_id === id,
  );
  const remove = useAction(async (userId: number) => {
    const path = { id, user_id: userId };
    await chat.api.call("delete", "/v1/spaces/{id}/members/{user_id}", { path });
    pages.reload();
    await loadSpaces(chat);
  });
  const ban = useAction(async (userId: number) => {
    const path = { id, user_id: userId };
    await chat.api.call("put", "/v1/spaces/{id}/bans/{user_id}", { path, body: {} });
    pages.reload();
    await loadSpaces(chat);
  });
  const handOver = useAction(async (userId: number) => {
    await chat.api.call("post", "/v1/spaces/{id}/owner", { path: { id }, body: { user_id: userId } });
    pages.reload();
    await loadSpaces(chat);
  });
  const mute = useAction(async (userId: number, seconds: number) => {
    const path = { id, user_id: userId };
    const body = { muted_for_s: seconds };
    await chat.api.call("patch", "/v1/spaces/{id}/members/{user_id}", { path, body });
    pages.reload();
  });
  const doing = {
    handOver: (userId: number) => void handOver.run(userId),
    mute: (userId: number, seconds: number) => void mute.run(userId, seconds),
    remove: (userId: number) => void remove.run(userId),
    ban: (userId: number) => void ban.run(userId),
    nameCard: (member: SpaceMember) => {
      const path = { id, user_id: member.user.id };
      const set = async (card: string) => {
        const body = { name_card: card };
        await chat.api.call("patch", "/v1/spaces/{id}/members/{user_id}", { path, body });
        pages.reload();
      };
      const title = t(member.user.id === me ? "spaces.ownNameCard" : "spaces.nameCard");
      const hint = t("spaces.nameCardHint");
      showDialog((close) => <CardDialog {...{ member, title, hint, set }} onClose={close} />);
    },
    onRoles: pages.reload,
  };
  const row = (member: SpaceMember) => {
    const items = memberActions({ space, me, roles }, member, doing);
    return (
      <PersonRow key={member.user.id} user={member.user}>
        <MemberState space={space} member={member} />
        {items.length > 0 && <Menu label={t("list.actions", { name: nameOf(member.user) })} items={items} />}
        <HeldRoles member={member} roles={roles} />
      </PersonRow>
    );
  };
  const sections = sectionsOf(pages.items ?? [], roles);
  return (
    <Dialog title={t("group.members")} onClose={onClose}>
      <ProblemText text={handOver.problem || remove.problem || mute.problem || ban.problem} />
      {sections.map(({ role, members }) => (
        <section key={role?.id ?? 0} class="members-of">
          {sections.length > 1 && <h3>{role ? <RoleName role={role} /> : t("roles.others")}</h3>}
          <ul class="people">{members.map(row)}</ul>
        </section>
      ))}
      <More pages={pages} empty="" />
    </Dialog>
  );
}

interface Section {
  /** absent: those with no role that is shown apart */
  role: Role | undefined;
  members: readonly SpaceMember[];
}

/** The members by the highest of their roles that are shown apart, and then all others. */
function sectionsOf(members: readonly SpaceMember[], roles: readonly Role[]): Section[] {
  const apart = roles.filter(({ hoist }) => hoist);
  const roleOf = ({ role_ids: held }: SpaceMember) => apart.find(({ id }) => held.includes(id));
  return [...apart, undefined]
    .map((role) => ({ role, members: members.filter((member) => roleOf(member) === role) }))
    .filter((section) => section.members.length > 0);
}

/** What a member is called in the space, whether they own the space, and whether they may not write. */
function MemberState({ space, member }: { space: Space; member: SpaceMember }) {
  const { user, muted_until: until, name_card: card } = member;
  const isMuted = until !== null && until > nowUntil(until);
  return (
    <small class="member-state">
      {card && (
        <span>
          <bdi>{card}</bdi>
        </span>
      )}
      {user.id === space.owner_id && <span>{t("group.role.owner")}</span>}
      {isMuted && <span title={moment(until)}>{t("group.mutedMember")}</span>}
    </small>
  );
}

/** The roles of a member, the highest first. */
function HeldRoles({ member, roles }: { member: SpaceMember; roles: readonly Role[] }) {
  const held = roles.filter(({ id }) => member.role_ids.includes(id));
  if (held.length === 0) return null;
  return (
    <ul class="held-roles" aria-label={t("roles.of", { name: nameOf(member.user) })}>
      {held.map((role) => (
        <li key={role.id}>
          <RoleName role={role} />
        </li>
      ))}
    </ul>
  );
}
