import type { ConversationEntry } from "parley-client";
import { t } from "../i18n/i18n.ts";
import { showDialog } from "../ui/dialogs.tsx";
import { lazy } from "../ui/lazy.tsx";
import { permissionsIn, spaceOf } from "./state.ts";

const AccessDialog = lazy(async () => (await import("./roles/access-dialog.tsx")).AccessDialog);
const ReadersDialog = lazy(async () => (await import("./readers/readers-dialog.tsx")).ReadersDialog);

/** Leads to who reads a channel, and, for those who say so, to what decides it. */
export function ChannelAccess({ entry }: { entry: ConversationEntry }) {
  const { id } = entry;
  const space = spaceOf(entry);
  if (!space) return null;
  const own = permissionsIn(id);
  return (
    <div class="collections">
      <button
        class="secondary"
        type="button"
        onClick={() =>
          showDialog((close) => <ReadersDialog {...{ space, channel: entry }} onClose={close} />)
        }
      >
        {t("readers.title")}
      </button>
      {own?.includes("manage_channel") && own.includes("manage_roles") && (
        <button
          class="secondary"
          type="button"
          onClick={() => showDialog((close) => <AccessDialog {...{ space, id }} onClose={close} />)}
        >
          {t("access.title")}
        </button>
      )}
    </div>
  );
}
