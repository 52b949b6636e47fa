import type { ConversationEntry } from "parley-client";
import { useEffect } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { showDialog } from "../ui/dialogs.tsx";
import { Icon } from "../ui/icon.tsx";
import { LATER } from "../ui/later/icons.ts";
import { addChannel } from "./channels/channel-actions.tsx";
import { invite } from "./space-actions.tsx";
import { SpaceDialog } from "./space-dialog.tsx";
import { channelsOf, loadSpaces, spaceOf } from "./state.ts";

/** What the owner of a new space does first, in a channel without messages. What is done is not offered. */
export function SpaceSteps({ entry }: { entry: ConversationEntry }) {
  const account = useAccount();
  const { chat } = account;
  const space = spaceOf(entry);
  const isOwn = space?.owner_id === account.me;
  // The server sends an owner no frame as a member comes.
  useEffect(() => {
    if (isOwn) void loadSpaces(chat).catch(() => {});
  }, [chat, isOwn]);
  if (!space || !isOwn) return null;
  const isAlone = space.member_count < 2;
  return (
    <div class="space-steps">
      {isAlone && (
        <button type="button" class="primary" onClick={() => invite(account, space)}>
          <Icon name={LATER.userPlus} />
          {t("spaces.invite")}
        </button>
      )}
      {channelsOf(space.id)?.length === 1 && (
        <button type="button" class="secondary" onClick={() => addChannel(space)}>
          <Icon name="plus" />
          {t("spaces.addChannel")}
        </button>
      )}
      {space.avatar === "" && (
        <button
          type="button"
          class="secondary"
          onClick={() => showDialog((close) => <SpaceDialog space={space} onClose={close} />)}
        >
          <Icon name="image" />
          {t("spaces.addPicture")}
        </button>
      )}
    </div>
  );
}
