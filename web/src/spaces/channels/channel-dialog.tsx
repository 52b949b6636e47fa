import { useRef, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { newId } from "../../lib/new-id.ts";
import { useAccount } from "../../state/context.ts";
import { go } from "../../state/router.ts";
import { useAction } from "../../state/use-action.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { ProblemText } from "../../ui/problem-text.tsx";
import { RoleChoice } from "../roles/role-choice.tsx";
import { useRoles } from "../roles/use-roles.ts";
import { type Channel, categoriesOf, loadChannels, type Space } from "../state.ts";

interface Props {
  space: Space;
  /** the channel to change; absent: a new one */
  channel?: Channel;
  /** the id of the category of a new one */
  category?: number | null;
  onClose: () => void;
}

/** What of a channel is chosen. */
type Fields = Pick<Channel, "name" | "topic" | "visibility" | "channel_kind" | "category_id" | "default">;

/** Adds a channel to a space, or changes one. Who reads a private one is changed by another dialog. */
export function ChannelDialog({ space: { id: space }, channel, category = null, onClose }: Props) {
  const { chat } = useAccount();
  /** the same for each try, so that one channel is made */
  const clientId = useRef(newId());
  const [fields, setFields] = useState<Fields>(
    channel ?? {
      ...({ name: "", topic: "", visibility: "open", channel_kind: "text" } as const),
      ...{ category_id: category, default: false },
    },
  );
  const set = (change: Partial<Fields>) => setFields({ ...fields, ...change });
  const { name, topic, visibility, channel_kind: kind, category_id: categoryId } = fields;
  const [readers, setReaders] = useState<readonly number[]>([]);
  const roles = useRoles(space);
  const isPrivate = visibility === "private";
  const save = useAction(async () => {
    const said = { name: name.trim(), topic: topic.trim() };
    const place = { category_id: categoryId, default: fields.default };
    const access = { visibility, channel_kind: kind };
    if (channel) {
      const path = { id: channel.id };
      const body = { name: said.name, introduction: said.topic, ...place, ...changed(access, channel) };
      await chat.api.call("patch", "/v1/conversations/{id}", { path, body });
      await loadChannels(chat, space);
      return onClose();
    }
    const { id } = await chat.api.call("post", "/v1/spaces/{id}/channels", {
      path: { id: space },
      body: {
        ...{ ...said, ...place, ...access, client_channel_id: clientId.current },
        role_ids: isPrivate ? [...readers] : [],
      },
    });
    await loadChannels(chat, space);
    onClose();
    go({ view: "conversation", id });
  });
  const categories = categoriesOf(space);
  return (
    <Dialog title={t(channel ? "spaces.editChannel" : "spaces.addChannel")} onClose={onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void save.run();
        }}
      >
        <label class="field">
          {t("spaces.name")}
          <input
            type="text"
            required
            maxLength={100}
            value={name}
            onInput={({ currentTarget }) => set({ name: currentTarget.value })}
          />
        </label>
        <label class="field">
          {t("spaces.topic")}
          <textarea
            dir="auto"
            value={topic}
            onInput={({ currentTarget }) => set({ topic: currentTarget.value })}
          />
        </label>
        {categories.length > 0 && (
          <label class="field">
            {t("category.title")}
            <select
              value={categoryId ?? ""}
              onChange={({ currentTarget: { value } }) => set({ category_id: Number(value) || null })}
            >
              <option value="">{t("category.none")}</option>
              {categories.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
            </select>
          </label>
        )}
        <fieldset>
          <label>
            <input
              type="checkbox"
              checked={fields.default}
              onChange={({ currentTarget }) => set({ default: currentTarget.checked })}
            />
            {t("spaces.isDefault")}
          </label>
        </fieldset>
        {/* They are changes of roles' rights. */}
        <fieldset disabled={channel && !channel.permissions.includes("manage_roles")}>
          <label>
            <input
              type="checkbox"
              checked={isPrivate}
              onChange={({ currentTarget }) =>
                set({ visibility: currentTarget.checked ? "private" : "open" })
              }
            />
            {t("spaces.isPrivate")}
          </label>
          <label>
            <input
              type="checkbox"
              checked={kind === "announcement"}
              onChange={({ currentTarget }) =>
                set({ channel_kind: currentTarget.checked ? "announcement" : "text" })
              }
            />
            {t("spaces.isAnnouncement")}
          </label>
        </fieldset>
        {isPrivate && !channel && (
          <RoleChoice
            legend={t("access.readers")}
            hint={t("spaces.withoutReaders")}
            roles={roles.value}
            chosen={readers}
            onChange={setReaders}
          />
        )}
        <ProblemText text={roles.problem || save.problem} />
        <button class="primary" type="submit" disabled={save.isBusy || name.trim() === ""}>
          {t(channel ? "profile.save" : "spaces.makeChannel")}
        </button>
      </form>
    </Dialog>
  );
}

type Access = Pick<Channel, "visibility" | "channel_kind">;

/** What of the access to a channel is another one by now: a change wants a right more. */
function changed(access: Access, before: Access): Partial<Access> {
  return {
    ...(access.visibility !== before.visibility && { visibility: access.visibility }),
    ...(access.channel_kind !== before.channel_kind && { channel_kind: access.channel_kind }),
  };
}
