import type { Message } from "parley-client";
import { plainText } from "parley-react/markup";
import { t } from "../../i18n/i18n.ts";
import { highlight } from "../../lib/highlight.ts";
import { isWide } from "../../lib/system/wide.ts";
import { go, href, route } from "../../state/router.ts";
import { useNames } from "../../state/use-names.ts";
import { labelled } from "../preview.ts";

type QuoteOf = Extract<Message, { revoked: false }>["quote"];

/** So many characters of a quoted text are shown: of one that was edited the whole text is here. */
const SHOWN = 100;

interface Props {
  conversationId: number;
  quote: NonNullable<QuoteOf>;
}

/** The message that this one answers. It leads there. */
export function Quote({
  conversationId,
  quote: { seq, sender_id: senderId, sender_name, kind, preview },
}: Props) {
  const name = useNames([senderId]).get(senderId) ?? sender_name;
  const place = { view: "conversation", id: conversationId, at: seq } as const;
  return (
    <a
      class="quote"
      href={href(place)}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey) return;
        const thread = event.currentTarget.closest(".thread-scroller");
        const row = thread?.querySelector<HTMLElement>(`li[data-seq="${seq}"]`);
        const now = route.peek();
        if (row) {
          row.scrollIntoView({ block: "center" });
          highlight(row);
        } else if (now.view === "conversation" && now.id === conversationId && isWide())
          // What stands beside the conversation stays there.
          go({ ...now, at: seq });
        else return;
        event.preventDefault();
      }}
    >
      <strong>
        <bdi>{name}</bdi>
      </strong>
      <span dir="auto">
        {labelled(kind === "system" ? "text" : kind, plainText(preview, SHOWN)) || t("message.revoked")}
      </span>
    </a>
  );
}
