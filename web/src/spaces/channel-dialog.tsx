import { useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { useMaking } from "../state/making/use-making.ts";
import { go } from "../state/router.ts";
import { useAction } from "../state/use-action.ts";
import { Dialog } from "../ui/dialog.tsx";
import { ProblemText } from "../ui/problem-text.tsx";
import { type Channel, channelsOf, loadChannels } from "./state.ts";

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
  const making = useMaking<Channel, Channel>();
  const add = useAction(async () => {
    const path = { id: space };
    const body = { name: name.trim(), topic: topic.trim() };
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
        <ProblemText text={add.problem} />
        <button class="primary" type="submit" disabled={add.isBusy || name.trim() === ""}>
          {t("spaces.makeChannel")}
        </button>
      </form>
    </Dialog>
  );
}
