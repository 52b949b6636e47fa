import type { Message } from "parley-client";
import { useEffect, useRef, useState } from "preact/hooks";
import { listed } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { nameOf } from "../../lib/names.ts";
import { useAccount } from "../../state/context.ts";
import { useLoaded } from "../../state/use-loaded.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { UserPages } from "../user-pages.tsx";
import { emojiText } from "./emoji-text.ts";
import type { ShownReaction } from "./wanted.ts";

const PATH = "/v1/conversations/{id}/messages/{seq}/reactions/{key}";
/** So many users are named in a tip. */
const NAMED = 12;

interface TipProps {
  message: Message;
  reaction: ShownReaction;
}

/** Names who has reacted, above a chip. */
export function ReactorsTip({ message, reaction: { key, count } }: TipProps) {
  const { chat, me } = useAccount();
  const { conversation_id: id, seq } = message;
  const tip = useRef<HTMLSpanElement>(null);
  const { value } = useLoaded(`${id} ${seq} ${key} ${count}`, () =>
    chat.api.call("get", PATH, { path: { id, seq, key }, query: { limit: NAMED } }),
  );
  useEffect(() => {
    const { current } = tip;
    const chip = current?.parentElement?.getBoundingClientRect();
    if (!current || !chip) return;
    current.showPopover();
    const left = Math.min(chip.left, innerWidth - current.offsetWidth - 8);
    current.style.left = `${Math.max(8, left)}px`;
    current.style.top = `${Math.max(8, chip.top - current.offsetHeight - 6)}px`;
  }, [value]);
  if (!value) return null;
  const names = value.items.map(({ user }) => (user.id === me ? t("message.you") : nameOf(user)));
  const others = count - names.length;
  const text = listed(others > 0 ? [...names, t("message.others", { n: others })] : names);
  return (
    <span ref={tip} class="hint" popover="manual" role="tooltip">
      {t("message.reactedWith", { names: text, key: emojiText(key) })}
    </span>
  );
}

interface DialogProps {
  message: Message;
  /** the key that is shown first */
  first: string;
  onClose: () => void;
}

/** Who has reacted with each key. */
export function ReactorsDialog({ message, first, onClose }: DialogProps) {
  const { chat } = useAccount();
  const { conversation_id: id, seq, reactions = [] } = message;
  const [key, setKey] = useState(first);
  return (
    <Dialog title={t("message.reactions")} onClose={onClose}>
      <div class="reactions">
        {reactions.map((one) => (
          <button
            key={one.key}
            type="button"
            class="reaction"
            aria-pressed={one.key === key}
            onClick={() => setKey(one.key)}
          >
            <span>{emojiText(one.key)}</span>
            <span class="reaction-count">{one.count}</span>
          </button>
        ))}
      </div>
      <UserPages
        key={key}
        load={(cursor) =>
          chat.api.call("get", PATH, { path: { id, seq, key }, query: cursor ? { cursor } : {} })
        }
      />
    </Dialog>
  );
}
