import { useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { useAction } from "../../state/use-action.ts";
import { confirmed } from "../../ui/confirm.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { showDialog } from "../../ui/dialogs.tsx";
import { LATER } from "../../ui/later/icons.ts";
import { Placeholder } from "../../ui/missing/placeholder.tsx";
import { Menu, type MenuItem } from "../../ui/overlay/menu.tsx";
import { ProblemText } from "../../ui/problem-text.tsx";
import { latest, type Space } from "../state.ts";
import { hasAll } from "./permissions.ts";
import { rankOf } from "./rank.ts";
import { RoleDialog } from "./role-dialog.tsx";
import { RoleName, roleName } from "./role-name.tsx";
import { EVERYONE, type Role, useRoles } from "./use-roles.ts";

/** The roles of a space, the highest first, for who may change them. */
export function RolesDialog({ space: first, onClose }: { space: Space; onClose: () => void }) {
  const { chat, me } = useAccount();
  const space = latest(first);
  const { id } = space;
  const { value: roles, problem, reload } = useRoles(id);
  const rank = rankOf(space, { id: me, role_ids: space.role_ids }, roles);
  const list = useRef<HTMLUListElement>(null);
  /** the role that was moved: its button has lost the focus, as its row stands elsewhere */
  const moved = useRef(0);
  useLayoutEffect(() => {
    if (moved.current && document.activeElement === document.body)
      list.current?.querySelector<HTMLElement>(`[data-role="${moved.current}"] [aria-haspopup]`)?.focus();
    moved.current = 0;
  }, [roles]);
  const order = useAction(async (role: Role, to: Role) => {
    const ids = (roles ?? []).map((one) => one.id).filter((one) => one !== EVERYONE);
    const [from, at] = [ids.indexOf(role.id), ids.indexOf(to.id)];
    ids.splice(at, 0, ...ids.splice(from, 1));
    moved.current = role.id;
    await chat.api.call("put", "/v1/spaces/{id}/roles/order", { path: { id }, body: { role_ids: ids } });
    reload();
  });
  const remove = useAction(async (role: Role) => {
    const path = { id, role_id: role.id };
    await chat.api.call("delete", "/v1/spaces/{id}/roles/{role_id}", { path });
    reload();
  });
  const open = (role?: Role) =>
    showDialog((close) => (
      <RoleDialog
        {...{ space, ...(role && { role }), onSaved: reload, onClose: close }}
        common={roles?.find(({ id: one }) => one === EVERYONE)?.permissions ?? []}
        isBelow={!role || role.position < rank}
      />
    ));
  /** What the menu of a role below the user's highest one offers. */
  const actions = (role: Role, above: Role | undefined, below: Role | undefined): MenuItem[] => {
    if (role.id === EVERYONE) return [];
    return [
      ...(above && above.position < rank
        ? [{ label: t("roles.up"), icon: "up" as const, onSelect: () => void order.run(role, above) }]
        : []),
      ...(below && below.id !== EVERYONE
        ? [{ label: t("roles.down"), icon: "down" as const, onSelect: () => void order.run(role, below) }]
        : []),
      ...(hasAll(space.permissions, role.permissions)
        ? [
            {
              ...{ label: t("roles.delete"), icon: LATER.trash, isDanger: true },
              onSelect: async () => {
                const question = t("roles.deleteQuestion", { name: role.name });
                if (await confirmed(t("roles.delete"), question)) void remove.run(role);
              },
            },
          ]
        : []),
    ];
  };
  return (
    <Dialog title={t("roles.title")} onClose={onClose}>
      <p>{t("roles.hint")}</p>
      <ProblemText text={problem || order.problem || remove.problem} />
      {!roles && <Placeholder rows={2} />}
      <ul ref={list} class="roles" aria-label={t("roles.title")}>
        {roles?.map((role, i) => {
          const items = role.position < rank ? actions(role, roles[i - 1], roles[i + 1]) : [];
          return (
            <li key={role.id} data-role={role.id}>
              <button type="button" class="role-row" onClick={() => open(role)}>
                <RoleName role={role} />
                <small>
                  {role.id === EVERYONE
                    ? t("roles.everyoneHint")
                    : t("conversation.members", { n: role.member_count })}
                </small>
              </button>
              {items.length > 0 && <Menu label={t("list.actions", { name: roleName(role) })} items={items} />}
            </li>
          );
        })}
      </ul>
      <button type="button" class="secondary" onClick={() => open()}>
        {t("roles.add")}
      </button>
    </Dialog>
  );
}
