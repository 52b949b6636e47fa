import type { Message } from "parley-client";
import { t } from "../../i18n/i18n.ts";
import { go, href, route } from "../../state/router.ts";
import { useNames } from "../../state/use-names.ts";
import { plainText } from "../markup/plain.ts";
import { labelled } from "../preview.ts";

type QuoteOf = Extract<Message, { revoked: false }>["quote"];

interface Props {
  conversationId: number;
  quote: NonNullable<QuoteOf>;
}

/** The message that this one answers. It leads there. */
export function Quote({ conversationId, quote: { seq, sender_id: senderId, kind, preview } }: Props) {
  const name = useNames([senderId]).get(senderId) ?? "";
  const place = { view: "conversation", id: conversationId, at: seq } as const;
  return (
    <a
      class="quote"
      href={href(place)}
      onClick={(event) => {
        const now = route.peek();
        // What stands beside the conversation stays there.
        if (now.view !== "conversation" || now.id !== conversationId || event.ctrlKey || event.metaKey)
          return;
        event.preventDefault();
        go({ ...now, at: seq });
      }}
    >
      <strong>
        <bdi>{name}</bdi>
      </strong>
      <span dir="auto">{labelled(kind, plainText(preview)) || t("message.revoked")}</span>
    </a>
  );
}
