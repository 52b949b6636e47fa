import { useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { useAction } from "../../state/use-action.ts";
import { useLoaded } from "../../state/use-loaded.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Placeholder } from "../../ui/missing/placeholder.tsx";
import { ProblemText } from "../../ui/problem-text.tsx";
import { loadChannels, type Space } from "../state.ts";
import { type Access, accessOf, changesFor, type Override } from "./access.ts";
import { rankOf } from "./rank.ts";
import { RoleChoice } from "./role-choice.tsx";
import { EVERYONE, type Role, useRoles } from "./use-roles.ts";

interface Props {
  space: Space;
  /** the id of the channel */
  id: number;
  onClose: () => void;
}

/** Says who reads a channel, and who writes in it. */
export function AccessDialog({ space, id, onClose }: Props) {
  const { chat } = useAccount();
  const roles = useRoles(space.id);
  const { value: overrides, problem } = useLoaded(
    `${id}`,
    async () => (await chat.api.call("get", "/v1/conversations/{id}/overrides", { path: { id } })).items,
  );
  return (
    <Dialog title={t("access.title")} onClose={onClose}>
      <ProblemText text={problem || roles.problem} />
      {overrides && roles.value ? (
        <Form {...{ space, id, overrides, roles: roles.value, onClose }} />
      ) : (
        <Placeholder rows={3} />
      )}
    </Dialog>
  );
}

interface FormProps extends Props {
  overrides: readonly Override[];
  roles: readonly Role[];
}

function Form({ space, id, overrides, roles, onClose }: FormProps) {
  const { chat, me } = useAccount();
  const [access, setAccess] = useState(() => accessOf(overrides));
  const set = (change: Partial<Access>) => setAccess({ ...access, ...change });
  const { isPrivate, isAnnouncement, readers, writers } = access;
  const people = overrides.filter((one) => one.user_id !== null).length;
  const rank = rankOf(space, { id: me, role_ids: space.role_ids }, roles);
  const save = useAction(async () => {
    const isReader = me === space.owner_id || space.role_ids.some((one) => readers.includes(one));
    for (const { role_id: roleId, user_id: userId, allow, deny } of changesFor(
      overrides,
      access,
      isReader ? undefined : me,
    )) {
      const body = { allow, deny };
      if (userId !== null) {
        const path = { id, user_id: userId };
        await chat.api.call("put", "/v1/conversations/{id}/overrides/users/{user_id}", { path, body });
        continue;
      }
      const path = { id, role_id: roleId ?? EVERYONE };
      await (allow.length + deny.length > 0
        ? chat.api.call("put", "/v1/conversations/{id}/overrides/roles/{role_id}", { path, body })
        : chat.api.call("delete", "/v1/conversations/{id}/overrides/roles/{role_id}", { path }));
    }
    await loadChannels(chat, space.id);
    onClose();
  });
  const whyNot = ({ position }: Role) => (position < rank ? "" : t("roles.notBelow"));
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        void save.run();
      }}
    >
      <Decision
        legend={t("access.read")}
        name="read"
        all={t("access.read.open")}
        isSome={isPrivate}
        onChange={(isSome) => set({ isPrivate: isSome })}
      />
      {isPrivate && (
        <RoleChoice
          legend={t("access.readers")}
          {...{ roles, whyNot }}
          chosen={readers}
          onChange={(chosen) => set({ readers: chosen })}
        />
      )}
      <Decision
        legend={t("access.write")}
        name="write"
        all={t("access.write.text")}
        isSome={isAnnouncement}
        onChange={(isSome) => set({ isAnnouncement: isSome })}
      />
      {isAnnouncement && (
        <RoleChoice
          legend={t("access.writers")}
          hint={t("access.answers")}
          {...{ roles, whyNot }}
          chosen={writers}
          onChange={(chosen) => set({ writers: chosen })}
        />
      )}
      {people > 0 && <p>{t("access.people", { n: people })}</p>}
      <ProblemText text={save.problem} />
      <button class="primary" type="submit" disabled={save.isBusy}>
        {t("profile.save")}
      </button>
    </form>
  );
}

interface DecisionProps {
  legend: string;
  name: string;
  /** what the first of the two says */
  all: string;
  isSome: boolean;
  onChange: (isSome: boolean) => void;
}

/** All, or some roles. */
function Decision({ legend, name, all, isSome, onChange }: DecisionProps) {
  return (
    <fieldset>
      <legend>{legend}</legend>
      {[false, true].map((one) => (
        <label key={String(one)}>
          <input type="radio" name={name} checked={isSome === one} onChange={() => onChange(one)} />
          {one ? t("access.some") : all}
        </label>
      ))}
    </fieldset>
  );
}
