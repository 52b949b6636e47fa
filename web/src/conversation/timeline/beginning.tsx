import type { ConversationEntry } from "parley-client";
import { isChannel } from "../../group/rights.ts";
import { t } from "../../i18n/i18n.ts";
import { SpaceSteps } from "../../spaces/space-steps.tsx";
import { href } from "../../state/router.ts";
import { conversationAddress } from "../address.ts";

/** What the user can do in a conversation in which nobody has written yet, besides writing. */
export function Beginning({ entry }: { entry: ConversationEntry }) {
  if (entry.kind !== "group") return null;
  if (isChannel(entry)) return <SpaceSteps entry={entry} />;
  if (entry.member_count > 1) return null;
  return (
    <a class="primary" href={href(conversationAddress(entry.id, "info"))}>
      {t("group.add")}
    </a>
  );
}
