import { useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { nameOf } from "../../lib/names.ts";
import { PersonRow } from "../../people/person-row.tsx";
import { usePaused } from "../../search/use-paused.ts";
import { useAccount } from "../../state/context.ts";
import { usePages } from "../../state/use-pages.ts";
import { useReload } from "../../state/use-reload.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { showDialog } from "../../ui/dialogs.tsx";
import { LATER } from "../../ui/later/icons.ts";
import { More } from "../../ui/more.tsx";
import { Menu } from "../../ui/overlay/menu.tsx";
import { RoleName } from "../roles/role-name.tsx";
import { EVERYONE, type Role } from "../roles/use-roles.ts";
import { type Channel, permissionsIn, type Space } from "../state.ts";
import { becauseOf } from "./because.ts";
import { MayDialog } from "./may-dialog.tsx";

/** A search begins when nothing was typed for this time, in ms. */
const PAUSE = 250;
/** The server takes so many characters. */
const MAX_QUERY = 64;
/** So many readers are found without a search. */
const FEW = 8;

interface Props {
  space: Space;
  channel: Pick<Channel, "id" | "name">;
  onClose: () => void;
}

/** Who reads a channel, and because of what. */
export function ReadersDialog({ space, channel, onClose }: Props) {
  const { chat, me } = useAccount();
  const { id, name } = channel;
  const [text, setText] = useState("");
  const [roles, setRoles] = useState<readonly Role[]>();
  const q = usePaused(text.trim().slice(0, MAX_QUERY), PAUSE);
  const pages = usePages(async (page) => {
    const query = { ...page, ...(q && { q }) };
    const found = await chat.api.call("get", "/v1/conversations/{id}/readers", { path: { id }, query });
    setRoles(found.roles);
    return found;
  }, q);
  useReload(pages.reload, (frame) => frame.type === "space" && frame.space_id === space.id);
  const seesOthers = permissionsIn(id)?.includes("manage_roles");
  const show = (userId: number, title: string) =>
    showDialog((close) => <MayDialog {...{ space, id, userId, title }} onClose={close} />);
  return (
    <Dialog title={t("readers.title")} onClose={onClose}>
      <p class="readers-of">
        <bdi># {name}</bdi>
        <button class="link" type="button" onClick={() => show(me, t("readers.mayOwn"))}>
          {t("readers.mayOwn")}
        </button>
      </p>
      {roles && <Whole roles={roles} />}
      {(q !== "" || text !== "" || pages.hasMore || (pages.items?.length ?? 0) > FEW) && (
        <input
          type="search"
          aria-label={t("group.filter")}
          placeholder={t("group.filter")}
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      )}
      <ul class="people" aria-label={t("readers.list")}>
        {pages.items?.map((member) => (
          <PersonRow key={member.user.id} user={member.user}>
            {seesOthers && (
              <Menu
                label={t("list.actions", { name: nameOf(member.user) })}
                items={[
                  {
                    ...{ label: t("readers.may"), icon: LATER.flag },
                    onSelect: () => show(member.user.id, t("readers.mayOf", { name: nameOf(member.user) })),
                  },
                ]}
              />
            )}
            <p class="why">{becauseOf(space, member, roles ?? [])}</p>
          </PersonRow>
        ))}
      </ul>
      <More pages={pages} empty={t("picker.nobody")} />
    </Dialog>
  );
}

/** Which members all read a channel. */
function Whole({ roles }: { roles: readonly Role[] }) {
  if (roles.some(({ id }) => id === EVERYONE)) return <p>{t("readers.all")}</p>;
  if (roles.length === 0) return <p>{t("readers.few")}</p>;
  return (
    <>
      <p>{t("readers.roles")}</p>
      <ul class="held-roles" aria-label={t("access.readers")}>
        {roles.map((role) => (
          <li key={role.id}>
            <RoleName role={role} />
          </li>
        ))}
      </ul>
    </>
  );
}
