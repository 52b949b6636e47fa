import type { Message } from "parley-client";
import { contentOf, textOf } from "parley-react/message";
import { useMemo } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { lazy } from "../../ui/lazy.tsx";
import { useNames } from "../mentioned.ts";
import { ContentView } from "./content-view.tsx";
import { Forwarded } from "./forwarded.tsx";
import { Quote } from "./quote.tsx";

// Nobody misses a preview that cannot be shown: the link stands in the text.
const LinkPreview = lazy(async () => (await import("./link-preview.tsx")).LinkPreview, { isHint: true });
const Poll = lazy(async () => (await import("../poll/poll.tsx")).Poll);

/** What a message says, with what it answers and where it comes from. */
export function MessageBody({ message }: { message: Message }) {
  const { me } = useAccount();
  const { conversation_id: id, seq, kind, body } = message;
  const content = useMemo(() => contentOf(kind, body), [kind, body]);
  const mentioned = useNames(message, textOf(content));
  if (message.revoked)
    return (
      <p class="text soft" data-revoked>
        {t(message.sender.id === me ? "message.revokedByMe" : "message.revoked")}
      </p>
    );
  return (
    <>
      {message.forwarded && <Forwarded senderId={message.forwarded.sender_id} />}
      {message.quote && <Quote conversationId={id} quote={message.quote} />}
      {message.kind === "poll" ? (
        <Poll message={message} />
      ) : (
        <ContentView {...{ content, mentioned, me }} place={{ conversationId: id, seq }} isFolding />
      )}
      {message.link_preview && <LinkPreview preview={message.link_preview} />}
    </>
  );
}
