import { useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { nameOf } from "../../lib/names.ts";
import { useAccount } from "../../state/context.ts";
import { useAction } from "../../state/use-action.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { ProblemText } from "../../ui/problem-text.tsx";
import type { Space, SpaceMember } from "../state.ts";
import { hasAll } from "./permissions.ts";
import { RoleChoice } from "./role-choice.tsx";
import { useRoles } from "./use-roles.ts";

interface Props {
  space: Space;
  member: SpaceMember;
  /** how high the user stands */
  rank: number;
  onChange: () => void;
  onClose: () => void;
}

/** Gives a member roles, and takes them. */
export function MemberRoles({ space, member, rank, onChange, onClose }: Props) {
  const { chat } = useAccount();
  const { user, role_ids: first } = member;
  const [held, setHeld] = useState<readonly number[]>(first);
  const roles = useRoles(space.id);
  const change = useAction(async (next: readonly number[]) => {
    const isGiven = next.length > held.length;
    const [roleId] = isGiven
      ? next.filter((id) => !held.includes(id))
      : held.filter((id) => !next.includes(id));
    if (roleId === undefined) return;
    const path = { id: space.id, user_id: user.id, role_id: roleId };
    setHeld(next);
    try {
      await chat.api.call(isGiven ? "put" : "delete", "/v1/spaces/{id}/members/{user_id}/roles/{role_id}", {
        path,
      });
    } catch (error) {
      setHeld(held);
      throw error;
    }
    onChange();
  });
  const title = t("roles.of", { name: nameOf(user) });
  return (
    <Dialog title={title} onClose={onClose}>
      <div class="form">
        <RoleChoice
          legend={t("roles.title")}
          roles={roles.value}
          chosen={held}
          onChange={(next) => void change.run(next)}
          whyNot={({ position, permissions }) => {
            if (position >= rank) return t("roles.notBelow");
            return hasAll(space.permissions, permissions) ? "" : t("roles.givesMore");
          }}
        />
        <ProblemText text={roles.problem || change.problem} />
      </div>
    </Dialog>
  );
}
