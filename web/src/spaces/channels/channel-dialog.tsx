import { useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { useMaking } from "../../state/making/use-making.ts";
import { go } from "../../state/router.ts";
import { useAction } from "../../state/use-action.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { ProblemText } from "../../ui/problem-text.tsx";
import { RoleChoice } from "../roles/role-choice.tsx";
import { useRoles } from "../roles/use-roles.ts";
import { type Channel, channelsOf, loadChannels } from "../state.ts";

interface Props {
  /** the id of the space */
  space: number;
  onClose: () => void;
}

/** Adds a channel to a space. */
export function ChannelDialog({ space, onClose }: Props) {
  const { chat } = useAccount();
  const [name, setName] = useState("");
  const [topic, setTopic] = useState("");
  const [isPrivate, setPrivate] = useState(false);
  const [isAnnouncement, setAnnouncement] = useState(false);
  const [readers, setReaders] = useState<readonly number[]>([]);
  const roles = useRoles(space);
  const making = useMaking<Channel, Channel>();
  const add = useAction(async () => {
    const path = { id: space };
    const body = {
      ...{ name: name.trim(), topic: topic.trim() },
      visibility: isPrivate ? "private" : "open",
      channel_kind: isAnnouncement ? "announcement" : "text",
      role_ids: isPrivate ? [...readers] : [],
    } as const;
    const { id } = await making({
      known: channelsOf(space),
      list: async () =>
        (await chat.api.call("get", "/v1/spaces/{id}/channels", { path }, { retry: false })).items,
      idOf: (one) => one.id,
      isIt: (one) => one.name === body.name,
      make: () => chat.api.call("post", "/v1/spaces/{id}/channels", { path, body }),
      adopt: (one) => one,
    });
    await loadChannels(chat, space);
    onClose();
    go({ view: "conversation", id });
  });
  return (
    <Dialog title={t("spaces.addChannel")} onClose={onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void add.run();
        }}
      >
        <label class="field">
          {t("spaces.name")}
          <input
            type="text"
            required
            maxLength={100}
            value={name}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
        </label>
        <label class="field">
          {t("spaces.topic")}
          <textarea dir="auto" value={topic} onInput={({ currentTarget }) => setTopic(currentTarget.value)} />
        </label>
        <fieldset>
          <label>
            <input
              type="checkbox"
              checked={isPrivate}
              onChange={({ currentTarget }) => setPrivate(currentTarget.checked)}
            />
            {t("spaces.isPrivate")}
          </label>
          <label>
            <input
              type="checkbox"
              checked={isAnnouncement}
              onChange={({ currentTarget }) => setAnnouncement(currentTarget.checked)}
            />
            {t("spaces.isAnnouncement")}
          </label>
        </fieldset>
        {isPrivate && (
          <RoleChoice
            legend={t("access.readers")}
            hint={t("spaces.withoutReaders")}
            roles={roles.value}
            chosen={readers}
            onChange={setReaders}
          />
        )}
        <ProblemText text={roles.problem || add.problem} />
        <button class="primary" type="submit" disabled={add.isBusy || name.trim() === ""}>
          {t("spaces.makeChannel")}
        </button>
      </form>
    </Dialog>
  );
}
